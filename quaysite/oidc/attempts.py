"""A sign-in on its way: begun here, continued at the provider, finished once.

The session keeps state, nonce and code verifier (mozilla-django-oidc), and what it
was for. Whoever comes back with a state that this browser was not given, or has
used, is refused: else a stranger's sign-in could be finished in it.
"""

import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from quaysite.oidc import conf
from quaysite.oidc.errors import OidcRefused
from quaysite.oidc.library import setting
from quaysite.oidc.provider import provider

MAX_SECONDS = 15 * 60
"""How long somebody may take at the provider."""

_KEPT = "oidc_states"
"""Session key of mozilla-django-oidc's."""

_NOT_BEGUN = (
    "This sign-in was not begun in this browser, or it was finished before. Begin"
    " again."
)
_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way there and back. `begun_at`: seconds since 1970. `user` is who was
    signed in when it began."""

    purpose: Purpose
    wanted: str
    user: int | None
    begun_at: float
    nonce: str
    code_verifier: str


class _AuthorizationRequest(OIDCAuthenticationRequestView):
    """The way there: with state, nonce and code challenge in the address."""

    again = False

    @staticmethod
    def get_settings(attr: str, *args: Any) -> Any:
        return setting(attr, *args)

    def get_extra_params(self, request: HttpRequest) -> dict[str, str]:
        """To confirm, it is not enough that the provider knows the browser."""
        return {"prompt": "login", "max_age": "0"} if self.again else {}


def begin(request: HttpRequest, purpose: Purpose, wanted: str) -> str:
    """The provider's address to go to; it leads to `wanted` in the end.

    Raises OidcRefused if there is no provider.
    """
    if not conf.is_configured():
        raise OidcRefused("There is no provider to sign in with.", check="configured")
    view = _AuthorizationRequest(again=purpose is not Purpose.SIGN_IN)
    view.setup(request)
    endpoint = provider().authorization_endpoint
    query = str(view.get(request).url).removeprefix(f"{endpoint}?")
    (state,) = parse_qs(query)["state"]
    request.session[_KEPT][state] |= {
        "purpose": purpose.value,
        "wanted": wanted,
        "user": request.user.pk,
    }
    # The library's own note of where to go: an attempt has one of its own.
    request.session.pop("oidc_login_next", None)
    request.session.modified = True
    # An endpoint keeps the query that it has (RFC 6749, section 3.1).
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def take(request: HttpRequest) -> Attempt:
    """The attempt that is coming back; it cannot come back again.

    Raises OidcRefused if this browser began none, or long ago.
    """
    kept = request.session.get(_KEPT)
    entry = kept.pop(request.GET.get("state", ""), None) if kept else None
    if entry is None or "purpose" not in entry:
        raise OidcRefused(_NOT_BEGUN, check="state")
    _keep_at_once(request)
    return Attempt(
        purpose=Purpose(entry["purpose"]),
        wanted=entry["wanted"],
        user=entry["user"],
        begun_at=entry["added_on"],
        nonce=entry["nonce"],
        code_verifier=entry["code_verifier"],
    )


def _keep_at_once(request: HttpRequest) -> None:
    """A second request with the same state finds nothing. Raises OidcRefused."""
    request.session.modified = True
    try:
        request.session.save()
    except UpdateError:
        # Finished or signed out in between: there is nothing left to write to.
        request.session.modified = False
        raise OidcRefused(_NOT_BEGUN, check="state") from None


def check_answer(request: HttpRequest, attempt: Attempt) -> None:
    """Raise OidcRefused for an answer that came too late, from somebody else, or
    that says no."""
    if time.time() - attempt.begun_at > MAX_SECONDS:
        raise OidcRefused("That took too long. Begin again.", check="state")
    known = provider()
    said = request.GET.get("iss")
    # RFC 9207: an answer of another provider is not for this one's endpoints.
    if said != known.issuer and (said is not None or known.names_itself):
        raise OidcRefused(
            "The answer came from another provider. Begin again.", check="issuer"
        )
    if code := request.GET.get("error"):
        shown = code if _ERROR_CODE.fullmatch(code) else "an error"
        raise OidcRefused(f"{conf.name()} answered: {shown}.", check="answer")
