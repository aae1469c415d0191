"""What the token endpoint can answer instead of a token.

Each class knows its code, status and text, in the envelope of the OCI
Distribution specification ("Error Codes"). They are inert and hold no secret;
`reason` is for the log, `cause` for the metrics.
"""

from enum import StrEnum
from typing import Any

from robots.errors import AskAgainLater, BudgetSpent, LoginBlocked
from robots.names import MAX_LENGTH


class Cause(StrEnum):
    """Why a request is refused, as metrics count it: a closed set, and nobody's name.

    THROTTLED is for whoever asks too often, BUSY for want of time to hash a password.
    """

    BAD_CREDENTIALS = "bad_credentials"
    UNREADABLE = "unreadable"
    NOTHING_SHOWN = "nothing_shown"
    DISABLED = "disabled"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ROBOTS_DISALLOWED = "robots_disallowed"
    EMERGENCY_SWITCH = "emergency_switch"
    NOT_ACCEPTED = "not_accepted"
    NAMESPACE_DISABLED = "namespace_disabled"
    INVALID_REQUEST = "invalid_request"
    THROTTLED = "throttled"
    BUSY = "busy"
    ISSUER_UNAVAILABLE = "issuer_unavailable"
    SIGNING_KEY = "signing_key"
    DATABASE = "database"


class EndpointError(Exception):
    """Base of all: an error code, an HTTP status, a message for the client."""

    code = "UNKNOWN"
    status = 400
    cause = Cause.INVALID_REQUEST
    kind = ""
    """What was shown, if anything: one of `registryauth.counted.KINDS`."""

    def __init__(
        self, message: str, reason: str = "", cause: Cause | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or message
        self.cause = cause or self.cause

    def as_dict(self) -> dict[str, Any]:
        return {"errors": [{"code": self.code, "detail": {}, "message": self.message}]}


class Unauthorized(EndpointError):
    """Who is asking could not be established. Carries a challenge."""

    code = "UNAUTHORIZED"
    status = 401
    cause = Cause.BAD_CREDENTIALS
    username = ""
    """As whom somebody tried to log in; empty where nothing readable was shown."""


class WrongSecret(Unauthorized):
    """The secret is not that of whoever was named, if there is such a one (rule R12).

    Others who are refused showed the right one, or none was looked at.
    """


def could_not_find(full_name: str) -> str:
    """What is said of a robot and a secret that do not belong together.

    The same whether the robot, the secret or its trust is not there, and whatever the
    secret is: it tells nothing of which robots exist.
    """
    shown = full_name[:MAX_LENGTH]
    return f"Could not find robot with username: {shown} and supplied password."


class InvalidRequest(EndpointError):
    """A parameter is missing, malformed or not known here."""

    code = "INVALID_REQUEST"


class NameInvalid(EndpointError):
    """No repository can have that name."""

    code = "NAME_INVALID"


class BodyTooLarge(EndpointError):
    """The request's body is larger than any real one."""

    code = "INVALID_REQUEST"
    status = 413


class NamespaceDisabled(EndpointError):
    """A namespace that an administrator has switched off."""

    code = "DENIED"
    status = 405
    cause = Cause.NAMESPACE_DISABLED


class MethodNotAllowed(EndpointError):
    """Only GET, HEAD and POST are answered."""

    code = "UNSUPPORTED"
    status = 405


class TooManyRequests(EndpointError):
    """Ask again in `retry_after` seconds; nothing is said of what was shown."""

    code = "TOOMANYREQUESTS"
    status = 429
    cause = Cause.BUSY

    def __init__(self, later: AskAgainLater) -> None:
        is_throttled = isinstance(later, LoginBlocked | BudgetSpent)
        super().__init__(str(later), cause=Cause.THROTTLED if is_throttled else None)
        self.retry_after = later.retry_after


class Unavailable(EndpointError):
    """The question could not be answered; ask again (design rule R11)."""

    code = "UNAVAILABLE"
    status = 503
    cause = Cause.DATABASE
