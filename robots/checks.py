"""System checks of this app's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from robots import conf
from robots.names import parse_robot_name, simple_name_issue

MIN_KEY_LENGTH = 32
"""Characters of a key for tokens at rest."""


@register(Tags.security)
def check_secret_keys(**kwargs: Any) -> list[CheckMessage]:
    """Keys for tokens at rest are long enough, and not Django's SECRET_KEY."""
    keys = conf.secret_keys()
    if any(len(key) < MIN_KEY_LENGTH for key in keys):
        return [
            Error(
                f"A key in ROBOTS_SECRET_KEYS is shorter than {MIN_KEY_LENGTH}"
                " characters.",
                hint='Make one with: python3 -c "import secrets;'
                ' print(secrets.token_urlsafe(48))"',
                id="robots.E001",
            )
        ]
    if keys == (settings.SECRET_KEY,):
        return [
            Warning(
                "ROBOTS_SECRET_KEYS is not set, so SECRET_KEY protects robot tokens.",
                hint="Give robot tokens their own key: then either can be rotated.",
                id="robots.W001",
            )
        ]
    return []


@register()
def check_whitelist(**kwargs: Any) -> list[CheckMessage]:
    """ROBOTS_WHITELIST holds full robot names, which are matched exactly."""
    return [
        Error(
            f"ROBOTS_WHITELIST: {name!r} is not a robot's full name.",
            hint="Write it as namespace+name, for example acme+mirror.",
            id="robots.E002",
        )
        for name in getattr(settings, "ROBOTS_WHITELIST", ())
        if parse_robot_name(name) is None
    ]


@register()
def check_library_namespace(**kwargs: Any) -> list[CheckMessage]:
    """LIBRARY_NAMESPACE can be a namespace's name."""
    name = conf.library_namespace()
    issue = simple_name_issue(name, "Namespace")
    if issue is None:
        return []
    return [Error(f"LIBRARY_NAMESPACE: {issue}.", id="robots.E003")]
