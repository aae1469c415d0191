"""What the token endpoint counts: how logins end, how long it takes, why it refuses.

The names are those of `quaysite.metrics.families`, which shows them. No label is ever
made of what a caller sent.
"""

from collections.abc import Iterable

from federation.login import is_assertion
from federation.tokens import PREFIX
from registryauth import app_login, oauth_login
from registryauth.errors import EndpointError
from robots.credentials import Secret
from robots.decision import Decision
from robots.identity import Identity, Method
from robots.tallies import tallies

UNKNOWN = "unknown"
REFRESH = "refresh"
"""Kinds of logins: the credentials could not be read; or are a refresh token."""

_OF_METHODS = {
    Method.NONE: "anonymous",
    Method.PASSWORD: "person",
    Method.STATIC_TOKEN: "robot_static",
    Method.FEDERATED_TOKEN: "robot_federated",
    Method.OIDC_TOKEN: "issuer_token",
    Method.OAUTH_TOKEN: "oauth",
    Method.APP_TOKEN: "app",
}

KINDS = (*_OF_METHODS.values(), REFRESH, UNKNOWN)

RESULTS = ("granted", "refused", "throttled", "unavailable")

_ENDED = {200: "granted", 429: "throttled", 503: "unavailable"}
"""By status; whatever else is answered is a refusal."""


def kind_of(identity: Identity) -> str:
    """How a caller that was let in has proved who it is."""
    return _OF_METHODS.get(identity.method, UNKNOWN)


def kind_shown(username: str, secret: Secret) -> str:
    """What somebody who was not let in seems to have shown."""
    if username == app_login.USERNAME:
        return _OF_METHODS[Method.APP_TOKEN]
    if username == oauth_login.USERNAME:
        return _OF_METHODS[Method.OAUTH_TOKEN]
    if "+" not in username:
        return _OF_METHODS[Method.PASSWORD]
    if is_assertion(secret):
        return _OF_METHODS[Method.OIDC_TOKEN]
    is_federated = secret.reveal().startswith(PREFIX)
    return _OF_METHODS[Method.FEDERATED_TOKEN if is_federated else Method.STATIC_TOKEN]


def note_reply(kind: str, status: int, seconds: float) -> None:
    """Count an answered request, and how long it took."""
    tallies.note(("logins", kind, _ENDED.get(status, "refused")))
    tallies.observe("token_duration_seconds", kind, seconds)


def note_refusal(error: EndpointError) -> None:
    """Count why a request got no token."""
    tallies.note(("refusals", error.cause.value))


def note_denials(decisions: Iterable[Decision | None]) -> None:
    """Count why actions are missing in a token that is granted."""
    for decision in decisions:
        if decision is not None and decision.denied:
            for denial in decision.denied.values():
                tallies.note(("denied_actions", denial.name.lower()))
