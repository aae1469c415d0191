"""System checks of the robots' settings, and that Django runs them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connections
from pytest_django.fixtures import Settings

from robots.checks import check_replica

GOOD_KEY = "k" * 32


def reported(name: str) -> list[CheckMessage]:
    """What all of Django's checks say under the id `robots.<name>`."""
    return [message for message in run_checks() if message.id == f"robots.{name}"]


@pytest.fixture(autouse=True)
def sound_settings(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = GOOD_KEY


def test_sound_settings_raise_no_complaint(settings: Settings) -> None:
    settings.ROBOTS_WHITELIST = ["acme+mirror"]
    assert [m for m in run_checks() if str(m.id).startswith("robots.")] == []


@pytest.mark.parametrize(
    "keys", ["k" * 31, f"{GOOD_KEY},short", ["short"]], ids=["alone", "older", "list"]
)
def test_a_short_key_is_an_error(settings: Settings, keys: Any) -> None:
    settings.ROBOTS_SECRET_KEYS = keys
    (error,) = reported("E001")
    assert error.is_serious()
    assert "shorter than 32 characters" in error.msg
    assert "kkk" not in error.msg
    assert "token_urlsafe" in str(error.hint)


def test_a_site_key_for_tokens_is_a_warning(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = ""
    settings.SECRET_KEY = "s" * 64
    (warning,) = reported("W001")
    assert not warning.is_serious()
    assert settings.SECRET_KEY not in f"{warning.msg} {warning.hint}"


@pytest.mark.parametrize("name", ["mirror", "acme/mirror", "acme+Mirror", "", "acme+*"])
def test_the_whitelist_holds_full_robot_names(settings: Settings, name: str) -> None:
    settings.ROBOTS_WHITELIST = ["acme+mirror", name]
    (error,) = reported("E002")
    assert error.is_serious()
    assert repr(name) in error.msg


@pytest.mark.parametrize("name", ["", "a", "Library", "a/b"])
def test_the_library_namespace_is_a_namespace_name(
    settings: Settings, name: str
) -> None:
    settings.LIBRARY_NAMESPACE = name
    (error,) = reported("E003")
    assert error.is_serious()
    assert error.msg.startswith("LIBRARY_NAMESPACE: Namespace must ")


Engines = Callable[[str, str], None]


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Names the engines of the primary and of a replica."""

    def name(primary: str, replica: str) -> None:
        for alias, engine in (("default", primary), ("replica", replica)):
            settings = {"ENGINE": f"django.db.backends.{engine}"}
            monkeypatch.setitem(connections.settings, alias, settings)

    return name


@pytest.mark.parametrize(
    ("primary", "replica", "errors"),
    [
        ("postgresql", "postgresql", 0),
        ("sqlite3", "postgresql", 1),
        ("postgresql", "sqlite3", 1),
        ("sqlite3", "sqlite3", 1),
    ],
)
def test_a_replica_is_of_postgresql_as_its_primary_is(
    engines: Engines, primary: str, replica: str, errors: int
) -> None:
    engines(primary, replica)
    assert [error.id for error in check_replica()] == ["robots.E005"] * errors


@pytest.mark.parametrize(("seconds", "errors"), [(1, 1), (2, 0)])
def test_the_bound_of_a_replica_leaves_time_for_a_beat(
    settings: Settings, engines: Engines, seconds: int, errors: int
) -> None:
    engines("postgresql", "postgresql")
    settings.DATABASE_REPLICA_MAX_LAG = seconds
    assert [error.id for error in check_replica()] == ["robots.E006"] * errors


@pytest.mark.parametrize("days", [[0], [366], [30, -1]])
def test_notices_are_one_day_to_a_year_ahead(
    days: list[int], settings: Settings
) -> None:
    settings.EXPIRY_NOTICE_DAYS = days
    (error,) = reported("E009")
    assert "EXPIRY_NOTICE_DAYS: 1 to 365 days" in error.msg


@pytest.mark.parametrize("days", [-1, 3651])
def test_idleness_is_at_most_ten_years(days: int, settings: Settings) -> None:
    settings.ROBOT_IDLE_DAYS = days
    (error,) = reported("E010")
    assert "ROBOT_IDLE_DAYS: 0 to 3650 days" in error.msg


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("LOGIN_FAILURE_LIMIT", 0, False),
        ("LOGIN_FAILURE_LIMIT", -1, True),
        ("LOGIN_FAILURE_ADDRESS_LIMIT", -1, True),
        ("LOGIN_FAILURE_WINDOW", 1, False),
        ("LOGIN_FAILURE_WINDOW", 0, True),
        ("ROBOT_TOKEN_BUDGET", -1, True),
    ],
)
def test_limits_are_numbers_of_something(
    name: str, value: int, wrong: bool, settings: Settings
) -> None:
    setattr(settings, name, value)
    assert bool(reported("E011")) is wrong


def test_pages_that_show_secrets_need_a_page_to_sign_in_again(
    settings: Settings,
) -> None:
    assert not reported("E013")
    settings.ROOT_URLCONF = "registryauth.urls"
    (error,) = reported("E013")
    assert "no page named sign-in-again" in error.msg
