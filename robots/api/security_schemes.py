"""How the OpenAPI document says that callers authenticate."""

from typing import Any

from django.conf import settings

from robots.conf import site_url
from robots.oauth_scopes import DESCRIPTIONS


def scopes() -> dict[str, str]:
    """Every OAuth scope with what it means."""
    return {scope.value: text for scope, text in DESCRIPTIONS.items()}


def add_security_schemes(
    result: dict[str, Any], generator: Any, request: Any, public: Any
) -> dict[str, Any]:
    """Postprocessing hook: what the operations' `security` refers to."""
    result.setdefault("components", {})["securitySchemes"] = {
        "oauth2": _oauth2(),
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in session. Writes also need the header"
            " `X-CSRF-Token`, with what `GET /csrf_token` answers.",
        },
    }
    return result


def _oauth2() -> dict[str, Any]:
    authorize = {"authorizationUrl": f"{site_url()}/oauth/authorize"}
    return {
        "type": "oauth2",
        "description": "A bearer token that acts for a person, cut to its scopes.",
        "flows": {
            "implicit": {**authorize, "scopes": scopes()},
            "authorizationCode": {
                **authorize,
                "tokenUrl": f"{site_url()}/oauth/access_token",
                "scopes": scopes(),
            },
        },
    }
