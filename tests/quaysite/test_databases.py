"""How the databases and the cache are set up, for each engine and choice."""

from typing import Any

import pytest

from quaysite.databases import DatabaseChoices, caches, databases

URL = "postgres://robots:secret@db.example.com:5433/quaysite"
REPLICA_URL = "postgres://robots:secret@replica.example.com/quaysite"


def of(**choices: Any) -> dict[str, Any]:
    return databases(DatabaseChoices(**{"url": URL, **choices}))


def test_a_connection_is_kept_and_statements_are_prepared() -> None:
    assert of() == {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "quaysite",
            "USER": "robots",
            "PASSWORD": "secret",
            "HOST": "db.example.com",
            "PORT": 5433,
            "CONN_MAX_AGE": 600,
            "OPTIONS": {"connect_timeout": 5, "prepare_threshold": 5},
        }
    }


def test_a_pool_takes_the_place_of_kept_connections() -> None:
    database = of(pool_size=4)["default"]
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["pool"] == {
        "min_size": 1,
        "max_size": 4,
        "timeout": 3,
        "reconnect_timeout": 1,
    }


def test_a_pooler_outside_gets_nothing_that_outlives_a_transaction() -> None:
    database = of(prepared_statements=False)["default"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "prepare_threshold" not in database["OPTIONS"]


def test_what_the_url_says_comes_before_what_is_usual() -> None:
    url = f"{URL}?connect_timeout=9&sslmode=verify-full&prepare_threshold=2"
    assert of(url=url)["default"]["OPTIONS"] == {
        "connect_timeout": 9,
        "prepare_threshold": 2,
        "sslmode": "verify-full",
    }


def test_sqlite_has_its_own_options_and_no_pool() -> None:
    database = of(url="sqlite:////srv/db.sqlite3", pool_size=4)["default"]
    assert database["NAME"] == "/srv/db.sqlite3"
    assert database["CONN_MAX_AGE"] == 600
    options = database["OPTIONS"]
    assert set(options) == {
        "init_command",
        "transaction_mode",
        "timeout",
        "detect_types",
    }
    assert "DISABLE_SERVER_SIDE_CURSORS" not in database


def test_a_replica_is_given_up_sooner_and_mirrors_the_primary_in_tests() -> None:
    found = of(replica_url=REPLICA_URL)
    assert found["default"] == of()["default"]
    assert found["replica"]["HOST"] == "replica.example.com"
    assert found["replica"]["TEST"] == {"MIRROR": "default"}
    assert found["replica"]["OPTIONS"] == {
        "connect_timeout": 2,
        "tcp_user_timeout": 2000,
        "options": "-c statement_timeout=1000 -c TimeZone=UTC",
        "prepare_threshold": 5,
    }


def test_a_replica_is_asked_nothing_that_has_no_deadline() -> None:
    assert (
        of(replica_url=REPLICA_URL, pool_size=4)["replica"]["CONN_HEALTH_CHECKS"]
        is False
    )


def test_a_replica_behind_a_pooler_is_sent_no_options_of_a_session() -> None:
    found = of(replica_url=REPLICA_URL, prepared_statements=False)
    assert found["replica"]["OPTIONS"] == {
        "connect_timeout": 2,
        "tcp_user_timeout": 2000,
    }


def test_the_url_of_a_replica_may_give_it_more_time() -> None:
    found = of(replica_url=f"{REPLICA_URL}?connect_timeout=9")
    assert found["replica"]["OPTIONS"]["connect_timeout"] == 9


def test_without_redis_each_process_keeps_its_own_cache() -> None:
    assert caches("locmemcache://")["default"]["BACKEND"] == (
        "django.core.cache.backends.locmem.LocMemCache"
    )


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("redis://cache.example.com:6379/0", 0.5),
        ("redis://cache.example.com:6379/0?socket_timeout=2", 2),
    ],
)
def test_a_redis_that_hangs_is_given_up_soon(url: str, seconds: float) -> None:
    cache = caches(url)["default"]
    assert cache["BACKEND"] == "robots.redis_cache.CountingRedisCache"
    assert cache["OPTIONS"]["socket_timeout"] == seconds
    assert cache["OPTIONS"]["socket_connect_timeout"] == 0.5
