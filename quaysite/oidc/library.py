"""What mozilla-django-oidc reads from its settings, answered from ours."""

from collections.abc import Callable
from typing import Any

from quaysite.oidc import conf
from quaysite.oidc.provider import provider

CALLBACK = "oidc-callback"
"""Name of the address that the provider sends people back to."""

_ANSWERS: dict[str, Callable[[], Any]] = {
    "OIDC_OP_AUTHORIZATION_ENDPOINT": lambda: provider().authorization_endpoint,
    "OIDC_OP_TOKEN_ENDPOINT": lambda: provider().token_endpoint,
    "OIDC_OP_USER_ENDPOINT": lambda: provider().userinfo_endpoint,
    "OIDC_OP_JWKS_ENDPOINT": lambda: provider().jwks_uri,
    "OIDC_RP_CLIENT_ID": conf.client_id,
    "OIDC_RP_CLIENT_SECRET": conf.client_secret,
    "OIDC_RP_SCOPES": conf.scopes,
    # Which keys and algorithms count is decided in quaysite.oidc.tokens.
    "OIDC_RP_SIGN_ALGO": lambda: "RS256",
    "OIDC_AUTHENTICATION_CALLBACK_URL": lambda: CALLBACK,
    "OIDC_USE_NONCE": lambda: True,
    "OIDC_USE_PKCE": lambda: True,
    "OIDC_PKCE_CODE_CHALLENGE_METHOD": lambda: "S256",
}


def setting(name: str, *default: Any) -> Any:
    """The setting, or the library's own default: the environment sets no others.

    Raises KeyError for one that the library needs and this site does not know.
    """
    if name in _ANSWERS:
        return _ANSWERS[name]()
    if not default:
        raise KeyError(name)
    return default[0]
