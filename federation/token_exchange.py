"""A request for a token exchange, read from its form (RFC 8693, section 2.1). Pure.

`audience` is the full name of the robot that the token shall be of.
"""

from dataclasses import dataclass

from django.http import QueryDict

from robots.credentials import Secret

_TYPES = "urn:ietf:params:oauth:token-type:"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
SUBJECT_TOKEN_TYPES = (f"{_TYPES}jwt", f"{_TYPES}id_token")
ISSUED_TOKEN_TYPE = f"{_TYPES}access_token"

_REQUIRED = ("subject_token", "subject_token_type", "audience")
_ONCE = ("grant_type", "subject_token", "subject_token_type", "requested_token_type")


class OAuthError(Exception):
    """What an error response says (RFC 6749, section 5.2)."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """Whose token is asked for, and what is offered for it."""

    robot: str
    token: Secret


def read(form: QueryDict) -> ExchangeRequest:
    """The request. Raises OAuthError for one that we do not serve."""
    for name in _ONCE:
        if len(form.getlist(name)) > 1:
            raise OAuthError("invalid_request", f"{name} is given more than once")
    if form.get("grant_type", "") != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
    for name in _REQUIRED:
        if not form.get(name):
            raise OAuthError("invalid_request", f"{name} is missing")
    _check_types(form)
    _check_unsupported(form)
    return ExchangeRequest(str(form["audience"]), Secret(str(form["subject_token"])))


def _check_types(form: QueryDict) -> None:
    if form["subject_token_type"] not in SUBJECT_TOKEN_TYPES:
        known = " or ".join(SUBJECT_TOKEN_TYPES)
        raise OAuthError("invalid_request", f"subject_token_type must be {known}")
    if form.get("requested_token_type", ISSUED_TOKEN_TYPE) != ISSUED_TOKEN_TYPE:
        raise OAuthError(
            "invalid_request", f"requested_token_type must be {ISSUED_TOKEN_TYPE}"
        )


def _check_unsupported(form: QueryDict) -> None:
    if len(form.getlist("audience")) > 1 or "resource" in form:
        raise OAuthError("invalid_target", "Name one robot account, as audience")
    if "actor_token" in form or "actor_token_type" in form:
        raise OAuthError("invalid_request", "actor_token is not supported")
    if form.get("scope"):
        raise OAuthError(
            "invalid_scope", "A robot's token has no scope: its permissions count"
        )
