"""The provider's endpoints, found by OpenID Connect Discovery and kept for a while.

Anybody can begin to sign in: the provider is not asked each time, and one that
fails is left alone for some seconds.
"""

import json
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from federation.fetching import FetchFailed, fetch_json
from quaysite.oidc import conf
from quaysite.oidc.errors import OidcRefused
from robots.outbound.destinations import UrlInvalid, destination

KEPT_SECONDS = 600.0
"""How long endpoints are believed."""

COOLDOWN_SECONDS = 10.0
"""How long a provider that failed is not asked again."""

_WAIT_SECONDS = 2.0
"""How long a request waits while another one asks."""

_WELL_KNOWN = "/.well-known/openid-configuration"
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
        url = issuer.removesuffix("/") + _WELL_KNOWN
        found, seconds = _read(fetch_json(url, internal=True), issuer), KEPT_SECONDS
    except FetchFailed as error:
        found, seconds = error.reason, COOLDOWN_SECONDS
    _kept[issuer] = _Kept(found, time.monotonic() + seconds)
    return found


def _read(document: str, issuer: str) -> Provider:
    try:
        data: Any = json.loads(document)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise FetchFailed("its discovery document is no JSON object")
    # 4.3: exactly the issuer that was asked; nothing is folded or trimmed.
    if data.get("issuer") != issuer:
        raise FetchFailed("its discovery document names another issuer")
    return Provider(
        issuer=issuer,
        **{name: _endpoint(data, name, issuer) for name in _NEEDED},
        userinfo_endpoint=_endpoint(data, "userinfo_endpoint", issuer)
        if data.get("userinfo_endpoint")
        else "",
        names_itself=data.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(data: dict[str, Any], name: str, issuer: str) -> str:
    url = data.get(name)
    if not isinstance(url, str):
        raise FetchFailed(f"its discovery document has no {name}")
    try:
        to = destination(url)
    except UrlInvalid as error:
        raise FetchFailed(f"{name}: {error}") from None
    if urlsplit(issuer).scheme == "https" and not to.is_encrypted:
        raise FetchFailed(f"{name} leads away from https")
    return url
