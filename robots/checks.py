"""System checks of this app's settings."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.urls import NoReverseMatch, reverse

from robots import conf, freshness
from robots.audit_shipping.destinations import (
    Destination,
    DestinationInvalid,
    destination,
)
from robots.names import parse_robot_name, simple_name_issue
from robots.replica_watch import ALIAS

MIN_KEY_LENGTH = 32
"""Characters of a key for tokens at rest."""

MIN_REPLICA_LAG = 2
"""Seconds."""

NOTICE_DAYS = range(1, 366)
"""Days ahead that anybody can be told."""

IDLE_DAYS = range(0, 3651)
"""As many as `disable_idle_robots` takes, and 0 for none."""


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
def check_upkeep(**kwargs: Any) -> list[CheckMessage]:
    """Days of notices and of idleness are such as can be."""
    found: list[CheckMessage] = []
    if any(days not in NOTICE_DAYS for days in conf.expiry_notice_days()):
        wrong = f"EXPIRY_NOTICE_DAYS: {NOTICE_DAYS[0]} to {NOTICE_DAYS[-1]} days each."
        found.append(Error(wrong, id="robots.E009"))
    if conf.robot_idle_days() not in IDLE_DAYS:
        wrong = f"ROBOT_IDLE_DAYS: {IDLE_DAYS[0]} to {IDLE_DAYS[-1]} days."
        found.append(Error(wrong, id="robots.E010"))
    return found


@register()
def check_throttling(**kwargs: Any) -> list[CheckMessage]:
    """Limits are numbers of failures or tokens, and the window has a length."""
    least = {
        "LOGIN_FAILURE_LIMIT": 0,
        "LOGIN_FAILURE_ADDRESS_LIMIT": 0,
        "LOGIN_FAILURE_WINDOW": 1,
        "ROBOT_TOKEN_BUDGET": 0,
    }
    return [
        Error(f"{name} must be {number} or more.", id="robots.E011")
        for name, number in least.items()
        if int(getattr(settings, name, number)) < number
    ]


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


@register()
def check_audit_shipping(**kwargs: Any) -> list[CheckMessage]:
    """AUDIT_SHIP holds URLs that events can be shipped to, signed where that counts."""
    found: list[CheckMessage] = []
    webhooks: list[Destination] = []
    for place, url in enumerate(conf.audit_ship(), 1):
        try:
            to = destination(url)
        except DestinationInvalid as error:
            # Not the URL: it may hold a secret.
            found.append(
                Error(f"AUDIT_SHIP: number {place}: {error}.", id="robots.E007")
            )
        else:
            webhooks += [to] if to.is_webhook else []
    secrets = conf.audit_ship_secrets()
    is_signed = secrets and min(map(len, secrets)) >= MIN_KEY_LENGTH
    if webhooks and not is_signed:
        found.append(
            Error(
                "AUDIT_SHIP names a webhook: AUDIT_SHIP_SECRET must be one or more"
                f" secrets of {MIN_KEY_LENGTH} characters or more.",
                id="robots.E008",
            )
        )
    return found


@register(Tags.urls)
def check_sign_in_again(**kwargs: Any) -> list[CheckMessage]:
    """Pages of the admin that show secrets can ask for a fresh sign-in."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    try:
        reverse(freshness.PAGE)
    except NoReverseMatch:
        return [
            Error(
                f"There is no page named {freshness.PAGE}.",
                hint="Give a page that asks for the password that name: Django's"
                " LoginView will do.",
                id="robots.E013",
            )
        ]
    return []
