"""What an acceptable issuer is, and how its keys are found (OIDC Discovery 1.0)."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

from federation import conf
from federation.errors import Refused, TrustInvalid, shown
from federation.fetching import MAX_SECONDS, FetchFailed, fetch_json
from robots.outbound.destinations import UrlInvalid, destination

_WELL_KNOWN = "/.well-known/openid-configuration"


def check_url(url: str) -> None:
    """Raise TrustInvalid for an issuer that could never be asked for its keys.

    Nothing is looked up. OIDC Discovery 1.0, section 3, has neither a query nor a
    fragment in an issuer. Plain HTTP passes only where a setting allows it at all.
    """
    try:
        to = destination(url)
    except UrlInvalid as error:
        raise TrustInvalid(f"issuer: {error}") from None
    if "?" in url:
        raise TrustInvalid("issuer: an issuer has no query")
    if not to.is_encrypted and not conf.allows_loopback_http():
        raise TrustInvalid("issuer: only https issuers can be asked for keys")


def check_allowed(issuer: str) -> None:
    """Raise Refused unless the operator lets trusts name the issuer."""
    allowed = conf.issuers()
    if allowed and issuer not in allowed:
        raise Refused(
            "the issuer is none of those that this site allows",
            check="issuer",
            claim="iss",
            actual=shown(issuer),
        )


def is_internal(issuer: str) -> bool:
    """Whether the operator lets the issuer be in a private network."""
    return issuer in conf.internal_issuers()


def discover(issuer: str) -> str:
    """The text of the issuer's JWK set, found as OIDC Discovery 1.0, 4, says.

    Both requests together take at most MAX_SECONDS. Raises FetchFailed.
    """
    ends_at = time.monotonic() + MAX_SECONDS
    try:
        check_url(issuer)
    except TrustInvalid as error:
        raise FetchFailed(error.message) from None
    internal = is_internal(issuer)
    document = discovery_document(issuer, internal=internal)
    jwks_uri = checked_endpoint(document, "jwks_uri", issuer)
    return fetch_json(jwks_uri, internal=internal, seconds=ends_at - time.monotonic())


def discovery_document(issuer: str, *, internal: bool) -> dict[str, Any]:
    """What the issuer publishes of itself, which is surely its own.

    `internal` is whether it may be in a private network. Takes at most MAX_SECONDS.
    Raises FetchFailed.
    """
    # 4.1: a terminating slash is left out before the path is appended.
    text = fetch_json(issuer.removesuffix("/") + _WELL_KNOWN, internal=internal)
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise FetchFailed("its discovery document is no JSON object")
    # 4.3: exactly the issuer that was asked; nothing is folded or trimmed.
    if document.get("issuer") != issuer:
        raise FetchFailed(
            "its discovery document names another issuer;"
            " case and a slash at the end count"
        )
    return document


def checked_endpoint(document: dict[str, Any], name: str, issuer: str) -> str:
    """The URL that the issuer's document has as `name`, if it can be asked.

    Of an issuer with https it has https too. Raises FetchFailed.
    """
    url = document.get(name)
    if not isinstance(url, str):
        raise FetchFailed(f"its discovery document has no {name}")
    try:
        to = destination(url)
    except UrlInvalid as error:
        raise FetchFailed(f"{name}: {error}") from None
    if urlsplit(issuer).scheme == "https" and not to.is_encrypted:
        raise FetchFailed(f"{name}: its discovery document leads away from https")
    return url
