"""Why a token is refused: a code and one sentence for the caller, the rest for logs.

The codes are those of RFC 6749, section 5.2. They are inert and hold no token.
"""

from enum import StrEnum
from typing import Any

from robots.errors import DomainError

_MAX_SHOWN = 255


class Code(StrEnum):
    """What the caller is told."""

    INVALID_REQUEST = "invalid_request"
    INVALID_GRANT = "invalid_grant"
    ACCESS_DENIED = "access_denied"
    UNAVAILABLE = "temporarily_unavailable"


NO_MATCH = "Token does not match robot"
"""The one sentence for all that depends on the robot or its trusts: it tells nobody
which robots there are, whom they trust, or what was missing (contract 9, row 9)."""


UNAVAILABLE = "The keys of the token's issuer are not available; try again later"


class Refused(Exception):
    """A token that lets nobody in.

    `message` is for the caller. `reason` is for the log and the namespace's
    administrators, as are `check` (what failed), `claim`, `expected` and `actual`.
    """

    def __init__(
        self,
        reason: str,
        *,
        code: Code = Code.INVALID_GRANT,
        message: str = NO_MATCH,
        check: str = "",
        claim: str = "",
        expected: Any = None,
        actual: Any = None,
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.message = message
        self.reason = reason
        self.check = check
        self.claim = claim
        self.expected = expected
        self.actual = actual

    @property
    def is_wrong_token(self) -> bool:
        """Whether it is the token that is not right, or not for that robot.

        One that was used already is no guess: it let somebody in.
        """
        is_refused = self.code in (Code.INVALID_GRANT, Code.INVALID_REQUEST)
        return is_refused and self.check != "replay"

    def tell_unavailable(self) -> None:
        """Have the caller told that it is for want of keys, whatever the reason is."""
        self.code, self.message = Code.UNAVAILABLE, UNAVAILABLE


class Unavailable(Refused):
    """The keys of the issuer cannot be had now; the same token may do later."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason, code=Code.UNAVAILABLE, message=UNAVAILABLE, check="keys"
        )


class TrustInvalid(DomainError):
    """A trust that cannot be, or that lets in far more than was meant."""


def shown(value: Any) -> Any:
    """A claim's value as an event or an answer may hold it: short, and storable."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    clean = text.encode("utf-8", "replace").decode().replace("\x00", "?")
    return clean if len(clean) <= _MAX_SHOWN else f"{clean[:_MAX_SHOWN]}..."
