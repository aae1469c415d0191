"""What can go wrong in this app: one class for each kind, inert, without secrets."""


class DomainError(Exception):
    """A request that cannot be carried out; `message` is meant for the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NameInvalid(DomainError):
    """A name that breaks the rules of `robots.names`."""


class AlreadyExists(DomainError):
    """The name is taken."""


class NotFound(DomainError):
    """No such object, or none that the caller may know of."""


class ForeignNamespace(DomainError):
    """A robot or team was named outside the namespace that it is limited to."""


class RobotsDisallowed(DomainError):
    """ROBOTS_DISALLOW or an emergency switch is on, and does not except the robot."""

    MESSAGE = "Robot accounts have been disabled. Please contact your administrator."

    def __init__(self) -> None:
        super().__init__(self.MESSAGE)


class InUse(DomainError):
    """Something else depends on the object, so it cannot be removed."""


class AskAgainLater(Exception):
    """Not now; nothing is said of what was shown. The answer is 429 with Retry-After.

    `retry_after` are the seconds until asking again is of use. The text is for the
    caller.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LoginBlocked(AskAgainLater):
    """Logins like this one failed too often (rule R12)."""

    def __init__(self, retry_after: int) -> None:
        message = f"Too many failed logins. Try again in {retry_after} seconds."
        super().__init__(message, retry_after)


class BudgetSpent(AskAgainLater):
    """A robot has had its tokens of this minute (ROBOT_TOKEN_BUDGET)."""

    def __init__(self, retry_after: int) -> None:
        message = f"Too many tokens for this robot. Try again in {retry_after} seconds."
        super().__init__(message, retry_after)
