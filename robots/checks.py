"""System checks of this app's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from robots import conf
from robots.names import parse_robot_name, simple_name_issue
from robots.replica_watch import ALIAS

MIN_KEY_LENGTH = 32
"""Characters of a key for tokens at rest."""

MIN_REPLICA_LAG = 2
"""Seconds."""


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


@register()
def check_replica(**kwargs: Any) -> list[CheckMessage]:
    """A replica is a standby of the PostgreSQL server that is written to."""
    replica = connections.settings.get(ALIAS)
    if replica is None:
        return []
    found: list[CheckMessage] = []
    engines = {replica["ENGINE"], connections.settings["default"]["ENGINE"]}
    if len(engines) > 1 or not engines.pop().endswith(".postgresql"):
        found.append(
            Error(
                "DATABASE_REPLICA_URL needs PostgreSQL, there and in DATABASE_URL.",
                id="robots.E005",
            )
        )
    if conf.replica_max_lag() < MIN_REPLICA_LAG:
        found.append(
            Error(
                f"DATABASE_REPLICA_MAX_LAG must be {MIN_REPLICA_LAG} seconds or more.",
                hint="The primary takes a beat once a second: a replica that"
                " follows at once is up to a second behind.",
                id="robots.E006",
            )
        )
    return found
