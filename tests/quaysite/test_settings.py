"""The settings: safe with nothing set, and what each variable changes."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

Load = Callable[..., dict[str, Any]]

SETTINGS = Path(django_settings.BASE_DIR) / "quaysite" / "settings.py"
VARIABLE = re.compile(r'env_\w+\(\s*"(\w+)"')


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Reads the settings anew, with no variable set but those given."""
    for name in VARIABLE.findall(SETTINGS.read_text()):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)

    def load(**environment: str) -> dict[str, Any]:
        monkeypatch.setenv("VAR_DIR", str(tmp_path))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return load


def test_with_nothing_set_the_site_is_closed_to_the_outside(load: Load) -> None:
    settings = load()
    assert settings["DEBUG"] is False
    assert settings["SERVER_HOSTNAME"] == "127.0.0.1:8000"
    assert sorted(settings["ALLOWED_HOSTS"]) == ["127.0.0.1", "[::1]", "localhost"]
    assert settings["SUPER_USERS"] == []
    assert settings["TRUSTED_PROXY_COUNT"] == 0
    assert settings["CREATE_PRIVATE_REPO_ON_PUSH"] is True
    assert settings["X_FRAME_OPTIONS"] == "DENY"
    assert settings["SESSION_COOKIE_HTTPONLY"] is True
    assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_secrets_are_made_in_the_data_folder_and_differ(
    load: Load, tmp_path: Path
) -> None:
    settings = load()
    assert settings["SECRET_KEY"] == (tmp_path / "secret_key").read_text().strip()
    robots = (tmp_path / "robots_secret_keys").read_text().strip()
    assert settings["ROBOTS_SECRET_KEYS"] == robots
    assert settings["SECRET_KEY"] != settings["ROBOTS_SECRET_KEYS"]
    for name in ("secret_key", "robots_secret_keys"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert load()["SECRET_KEY"] == settings["SECRET_KEY"]


def test_the_names_that_users_of_quay_know_work(load: Load) -> None:
    settings = load(
        ROBOTS_DISALLOW="true",
        ROBOTS_WHITELIST="acme+mirror, acme+ci",
        SUPER_USERS="alice",
        CREATE_PRIVATE_REPO_ON_PUSH="false",
        SERVER_HOSTNAME="quay.example.com",
        LIBRARY_NAMESPACE="shelf",
    )
    assert settings["ROBOTS_DISALLOW"] is True
    assert settings["ROBOTS_WHITELIST"] == ["acme+mirror", "acme+ci"]
    assert settings["SUPER_USERS"] == ["alice"]
    assert settings["CREATE_PRIVATE_REPO_ON_PUSH"] is False
    assert settings["LIBRARY_NAMESPACE"] == "shelf"


TRANSPORT = [
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
]


@pytest.mark.parametrize(
    ("hostname", "scheme", "host"),
    [
        ("127.0.0.1:8000", "http", "127.0.0.1"),
        ("localhost", "http", "localhost"),
        ("localhost:8000", "http", "localhost"),
        ("[::1]:8000", "http", "[::1]"),
        ("quay.example.com", "https", "quay.example.com"),
        ("quay.example.com:8443", "https", "quay.example.com"),
    ],
)
def test_https_is_expected_everywhere_but_on_the_loopback_address(
    hostname: str, scheme: str, host: str, load: Load
) -> None:
    settings = load(SERVER_HOSTNAME=hostname)
    assert settings["PREFERRED_URL_SCHEME"] == scheme
    assert {settings[name] for name in TRANSPORT} == {scheme == "https"}
    assert (settings["SECURE_HSTS_SECONDS"] > 0) is (scheme == "https")
    assert settings["CSRF_TRUSTED_ORIGINS"] == [f"{scheme}://{hostname}"]
    assert host in settings["ALLOWED_HOSTS"]
    assert ("SILENCED_SYSTEM_CHECKS" in settings) is (scheme == "http")


def test_plain_http_beyond_the_loopback_address_silences_no_check(load: Load) -> None:
    settings = load(SERVER_HOSTNAME="quay.example.com", PREFERRED_URL_SCHEME="http")
    assert {settings[name] for name in TRANSPORT} == {False}
    assert "SILENCED_SYSTEM_CHECKS" not in settings


def test_the_scheme_header_of_a_proxy_counts_only_where_there_is_one(
    load: Load,
) -> None:
    settings = load(TRUSTED_PROXY_COUNT="1")
    header = ("HTTP_X_FORWARDED_PROTO", "https")
    assert settings["SECURE_PROXY_SSL_HEADER"] == header


def test_sqlite_in_the_data_folder_is_the_default(load: Load, tmp_path: Path) -> None:
    database = load()["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == str(tmp_path / "db.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_database_url_names_another_and_keeps_sqlite_options_away(
    load: Load,
) -> None:
    url = "postgres://robots:secret@db.example.com:5433/quaysite"
    database = load(DATABASE_URL=url, CONN_MAX_AGE="30")["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"]) == ("db.example.com", 5433)
    assert (database["NAME"], database["USER"]) == ("quaysite", "robots")
    assert database["CONN_MAX_AGE"] == 30
    assert "transaction_mode" not in database.get("OPTIONS", {})


def test_addresses_that_hold_passwords_may_come_from_files(
    load: Load, tmp_path: Path
) -> None:
    for name, url in (
        ("database", "postgres://robots:secret@db.example.com/quaysite"),
        ("replica", "postgres://robots:secret@standby.example.com/quaysite"),
        ("cache", "redis://:secret@cache.example.com:6379/0"),
    ):
        (tmp_path / name).write_text(f"{url}\n")
    settings = load(
        DATABASE_URL_FILE=str(tmp_path / "database"),
        DATABASE_REPLICA_URL_FILE=str(tmp_path / "replica"),
        CACHE_URL_FILE=str(tmp_path / "cache"),
    )
    databases = settings["DATABASES"]
    hosts = {name: database["HOST"] for name, database in databases.items()}
    assert hosts == {"default": "db.example.com", "replica": "standby.example.com"}
    assert databases["default"]["PASSWORD"] == "secret"
    assert databases["default"]["NAME"] == "quaysite"
    cache = settings["CACHES"]["default"]["LOCATION"]
    assert cache == "redis://:secret@cache.example.com:6379/0"


def test_an_address_in_two_places_stops_the_start(load: Load, tmp_path: Path) -> None:
    (tmp_path / "database").write_text("postgres:///one")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL or DATABASE_URL_FILE"):
        load(
            DATABASE_URL="postgres:///two",
            DATABASE_URL_FILE=str(tmp_path / "database"),
        )


def test_static_files_may_lie_outside_of_the_data_folder(
    load: Load, tmp_path: Path
) -> None:
    assert load()["STATIC_ROOT"] == tmp_path / "static"
    assert load(STATIC_ROOT="/srv/static")["STATIC_ROOT"] == Path("/srv/static")


def test_passwords_are_hashed_with_argon2_first(load: Load) -> None:
    assert load()["PASSWORD_HASHERS"] == [
        "robots.password_hashing.BoundedArgon2",
        "robots.password_hashing.BoundedPBKDF2",
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ROBOTS_DISALLOW", "maybe", "ROBOTS_DISALLOW must be true or false"),
        ("DEBUG", "2", "DEBUG must be true or false"),
        ("REGISTRY_TOKEN_LIFETIME", "5m", "REGISTRY_TOKEN_LIFETIME must be a whole"),
        ("SECRET_KEY_FILE", "/nonexistent", "SECRET_KEY: cannot read /nonexistent"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(
    name: str, value: str, message: str, load: Load
) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        load(**{name: value})


def test_registry_settings_are_read(load: Load, tmp_path: Path) -> None:
    settings = load(
        REGISTRY_SERVICES="one.example,two.example",
        REGISTRY_TOKEN_LIFETIME="600",
        REGISTRY_SIGNING_ALGORITHM="RS256",
    )
    assert settings["REGISTRY_SERVICES"] == ["one.example", "two.example"]
    assert settings["REGISTRY_TOKEN_LIFETIME"] == 600
    assert settings["REGISTRY_SIGNING_ALGORITHM"] == "RS256"
    assert settings["REGISTRY_SIGNING_KEYS_DIR"] == tmp_path / "signing-keys"
