"""The provider's endpoints, found by OpenID Connect Discovery and kept for a while.

Anybody can begin to sign in: the provider is not asked each time, and one that
fails is left alone for some seconds.
"""

import time
from dataclasses import dataclass
from threading import Lock

from federation.fetching import FetchFailed
from federation.issuers import checked_endpoint, discovery_document
from quaysite.oidc import conf
from quaysite.oidc.errors import OidcRefused

KEPT_SECONDS = 600.0
"""How long endpoints are believed."""

COOLDOWN_SECONDS = 10.0
"""How long a provider that failed is not asked again."""

_WAIT_SECONDS = 2.0
"""How long a request waits while another one asks."""

_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider publishes of itself, checked.

    `userinfo_endpoint` may be empty. `names_itself` is whether its answers carry
    `iss` (RFC 9207).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    found: Provider | str
    until: float


_kept: dict[str, _Kept] = {}
_asking = Lock()


def provider() -> Provider:
    """The provider that the settings name. Raises OidcRefused if it does not answer."""
    issuer = conf.issuer()
    found = _known(issuer) or _asked(issuer)
    if isinstance(found, Provider):
        return found
    raise OidcRefused(
        f"{conf.name()} cannot be reached at the moment. Try again in a minute.",
        check="provider",
        reason=f"no endpoints of the provider: {found}",
    )


def forget() -> None:
    """Drop what this process knows of providers."""
    _kept.clear()


def _known(issuer: str) -> Provider | str | None:
    kept = _kept.get(issuer)
    return kept.found if kept and time.monotonic() < kept.until else None


def _asked(issuer: str) -> Provider | str:
    if not _asking.acquire(timeout=_WAIT_SECONDS):
        return "another request is asking it"
    try:
        # Whoever had the lock before may have asked for us.
        if (found := _known(issuer)) is not None:
            return found
        return _ask(issuer)
    finally:
        _asking.release()


def _ask(issuer: str) -> Provider | str:
    found: Provider | str
    try:
        found, seconds = _read(issuer), KEPT_SECONDS
    except FetchFailed as error:
        found, seconds = error.reason, COOLDOWN_SECONDS
    _kept[issuer] = _Kept(found, time.monotonic() + seconds)
    return found


def _read(issuer: str) -> Provider:
    document = discovery_document(issuer, internal=True)
    userinfo = ""
    if document.get("userinfo_endpoint"):
        userinfo = checked_endpoint(document, "userinfo_endpoint", issuer)
    names_itself = document.get("authorization_response_iss_parameter_supported")
    return Provider(
        issuer=issuer,
        **{name: checked_endpoint(document, name, issuer) for name in _NEEDED},
        userinfo_endpoint=userinfo,
        names_itself=names_itself is True,
    )
