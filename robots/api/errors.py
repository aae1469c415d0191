"""The API's errors, in the four shapes that Quay's clients know (contract 0.6).

Each class is one shape. `robots.api.handler` renders them.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ApiError(Exception):
    """Shape A: a typed error. `payload` are keys that come before the others."""

    def __init__(
        self,
        message: str,
        kind: str = "invalid_request",
        status: int = HTTPStatus.BAD_REQUEST,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.status = int(status)
        self.payload = dict(payload or {})


class RequiresAuthentication(ApiError):
    """401: nobody is signed in, or the bearer token is not (or no longer) valid."""

    def __init__(self, payload: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            "Requires authentication", "invalid_token", HTTPStatus.UNAUTHORIZED, payload
        )


class Forbidden(ApiError):
    """403: whoever is signed in may not do this."""

    def __init__(self) -> None:
        super().__init__("Unauthorized", "insufficient_scope", HTTPStatus.FORBIDDEN)


class FreshLoginRequired(ApiError):
    """401: the session is too old for a deed that cannot be undone."""

    def __init__(self) -> None:
        super().__init__(
            "Requires fresh login", "fresh_login_required", HTTPStatus.UNAUTHORIZED
        )


class Missing(ApiError):
    """404: there is no such thing, said only to those who may know."""

    def __init__(self) -> None:
        super().__init__("Not Found", "not_found", HTTPStatus.NOT_FOUND)


class DataModelError(Exception):
    """Shape B: 400, from below the endpoint."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FrameworkError(Exception):
    """Shape C: `message` is a text, or maps a parameter to its help."""

    def __init__(self, message: str | Mapping[str, str], status: int = 400) -> None:
        super().__init__(str(message))
        self.message = message
        self.status = status


class Aborted(Exception):
    """Shape D: what stops a request before any endpoint looks at it."""

    def __init__(self, message: str, status: int = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(message)
        self.message = message
        self.status = int(status)


ERROR_TYPES = {
    "invalid_request": "The request was malformed, or names what cannot be used.",
    "invalid_response": "Another service gave an answer that makes no sense.",
    "invalid_token": "The request carries no valid credentials.",
    "expired_token": "The token has expired.",
    "insufficient_scope": "The credentials do not allow the request.",
    "fresh_login_required": "The request needs a sign-in of the last few minutes.",
    "exceeds_license": "The request goes beyond what the licence allows.",
    "not_found": "What the request names does not exist.",
    "tag_immutable": "The tag cannot be changed.",
    "external_service_timeout": "Another service did not answer in time.",
    "downstream_issue": "Another service failed.",
    "token_rotation_failed": "A token could not be replaced.",
}
"""What `GET /api/v1/error/{type}` says of each."""
