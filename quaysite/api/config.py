"""`GET /config`: what web clients ask first (contract M3). It holds no secret."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

import quaysite
from quaysite.api.features import features

_TITLE = "Quaysite"


@require_safe
def config(request: HttpRequest) -> JsonResponse:
    """What this site is called, can do, and lets its clients do."""
    return JsonResponse(
        {
            "config": _visible(),
            "features": features(),
            "oauth": {},
            "external_login": [],
            "registry_state": "normal",
            "account_recovery_mode": False,
            "version_number": quaysite.__version__,
        }
    )


def _visible() -> dict[str, Any]:
    """The settings that clients of Quay read, under their names in Quay."""
    return {
        "APP_SPECIFIC_TOKEN_EXPIRATION": _seconds(
            settings.APP_SPECIFIC_TOKEN_EXPIRATION
        ),
        "AUTHENTICATION_TYPE": "Database",
        "AVATAR_KIND": "local",
        "BRANDING": {"logo": "", "footer_img": "", "footer_url": ""},
        "CONTACT_INFO": [],
        "CREATE_PRIVATE_REPO_ON_PUSH": settings.CREATE_PRIVATE_REPO_ON_PUSH,
        "CREATE_NAMESPACE_ON_PUSH": False,
        "DEFAULT_TAG_EXPIRATION": "2w",
        "ENTERPRISE_LOGO_URL": "",
        "FRESH_LOGIN_TIMEOUT": _seconds(settings.FRESH_LOGIN_TIMEOUT),
        "LIBRARY_NAMESPACE": settings.LIBRARY_NAMESPACE,
        "LOCAL_OAUTH_HANDLER": "/oauth/localapp",
        "PREFERRED_URL_SCHEME": settings.PREFERRED_URL_SCHEME,
        "REGISTRY_STATE": "normal",
        "REGISTRY_TITLE": _TITLE,
        "REGISTRY_TITLE_SHORT": _TITLE,
        "ROBOTS_DISALLOW": settings.ROBOTS_DISALLOW,
        "SEARCH_MAX_RESULT_PAGE_COUNT": 10,
        "SEARCH_RESULTS_PER_PAGE": 10,
        "SERVER_HOSTNAME": settings.SERVER_HOSTNAME,
        "TAG_EXPIRATION_OPTIONS": ["0s", "1d", "1w", "2w", "4w"],
    }


def _seconds(number: int) -> str | None:
    """A length of time as Quay's settings write one; None for none."""
    return f"{number}s" if number > 0 else None
