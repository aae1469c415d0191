"""What the token endpoint can answer instead of a token.

Each class knows its code, status and text, in the envelope of the OCI
Distribution specification ("Error Codes"). They are inert and hold no secret;
`reason` is for the log.
"""

from typing import Any


class EndpointError(Exception):
    """Base of all: an error code, an HTTP status, a message for the client."""

    code = "UNKNOWN"
    status = 400

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or message

    def as_dict(self) -> dict[str, Any]:
        return {"errors": [{"code": self.code, "detail": {}, "message": self.message}]}


class Unauthorized(EndpointError):
    """Who is asking could not be established. Carries a challenge."""

    code = "UNAUTHORIZED"
    status = 401
    username = ""
    """As whom somebody tried to log in; empty where nothing readable was shown."""


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


class MethodNotAllowed(EndpointError):
    """Only GET, HEAD and POST are answered."""

    code = "UNSUPPORTED"
    status = 405


class TooManyRequests(EndpointError):
    """Too many people are logging in at once; nothing was checked, ask again."""

    code = "TOOMANYREQUESTS"
    status = 429


class Unavailable(EndpointError):
    """The question could not be answered; ask again (design rule R11)."""

    code = "UNAVAILABLE"
    status = 503
