"""Why a sign-in with the provider came to nothing."""


class OidcRefused(Exception):
    """Nobody was signed in, and nothing was changed.

    `message` is for the person. `reason` is for the audit and the log, and `check`
    names what failed; none of them repeats a code, a token or a secret.
    """

    def __init__(self, message: str, *, check: str, reason: str = "") -> None:
        super().__init__(reason or message)
        self.message = message
        self.reason = reason or message
        self.check = check
