"""Probes: true to their word, whatever is away, and asked by any name."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.readiness import probe
from registryauth import signing
from tests.registryauth.outages import database_away

ALL = {"database": "ok", "migrations": "ok", "keys": "ok", "cache": "ok"}


@pytest.fixture(autouse=True)
def forgetful_probe() -> None:
    probe.forget()


def readiness(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/readyz")
    assert ("Retry-After" in response) == (response.status_code == 503)
    assert "no-store" in response["Cache-Control"]
    return response.status_code, response.json()


def test_a_process_that_answers_is_alive(client: Client) -> None:
    """Without the `db` fixture: any query would be an error."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Content-Type"] == "text/plain"


def test_being_alive_asks_nothing_of_the_database(
    db: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert client.head("/healthz").status_code == 200


def test_what_works_is_ready(db: None, client: Client) -> None:
    assert readiness(client) == (200, {"ready": True, **ALL})


def test_whoever_asks_often_costs_nothing_more(
    db: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    readiness(client)
    with django_assert_num_queries(0):
        for _ in range(10):
            assert client.get("/readyz").status_code == 200


def test_later_it_asks_the_database_one_thing(
    db: None, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    readiness(client)
    probe._until = 0
    with django_assert_num_queries(1):
        readiness(client)


def test_without_the_database_it_is_alive_and_not_ready(
    db: None, client: Client, tmp_path: Path
) -> None:
    with database_away(tmp_path):
        status, body = readiness(client)
        assert client.get("/healthz").status_code == 200
    missing = {"database": "no", "migrations": "no"}
    assert (status, body) == (503, {"ready": False, **ALL, **missing})
    probe._until = 0
    assert readiness(client) == (200, {"ready": True, **ALL})


def test_a_database_that_is_not_migrated_is_not_ready(db: None, client: Client) -> None:
    recorder = MigrationRecorder(connection)
    applied = recorder.migration_qs.filter(app="registryauth").order_by("-id")[0]
    recorder.record_unapplied("registryauth", applied.name)
    status, body = readiness(client)
    assert (status, body) == (503, {"ready": False, **ALL, "migrations": "no"})
    recorder.record_applied("registryauth", applied.name)
    probe._until = 0
    assert readiness(client) == (200, {"ready": True, **ALL})


def test_migrations_of_a_later_release_do_not_matter(db: None, client: Client) -> None:
    MigrationRecorder(connection).record_applied("robots", "9999_of_a_later_release")
    assert readiness(client) == (200, {"ready": True, **ALL})


def test_without_a_signing_key_it_is_not_ready(
    db: None, client: Client, own_signing_keys: Path
) -> None:
    signing.active_key()
    (own_signing_keys / "active").write_text("gone\n")
    signing.forget_keys()
    status, body = readiness(client)
    assert (status, body) == (503, {"ready": False, **ALL, "keys": "no"})


@pytest.mark.parametrize(
    "backend",
    [
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        },
        {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    ],
    ids=["away", "forgetful"],
)
def test_without_the_cache_it_is_ready_and_says_so(
    db: None, client: Client, settings: Settings, backend: dict[str, str]
) -> None:
    settings.CACHES = {"default": backend}
    assert readiness(client) == (200, {"ready": True, **ALL, "cache": "no"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_by_plain_http_to_any_address(
    path: str, db: None, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["quay.example"]
    response = Client().get(path, headers={"Host": "10.0.0.5:8000"})
    assert response.status_code == 200
    other = Client().get("/config", headers={"Host": "10.0.0.5:8000"})
    assert other.status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_only_reads(path: str, client: Client) -> None:
    response = client.post(path)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_the_first_page_leads_to_the_admin_site(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_no_reason_is_told(db: None, client: Client, tmp_path: Path) -> None:
    with database_away(tmp_path):
        body = client.get("/readyz").content
    assert json.loads(body).keys() == {"ready", *ALL}
    assert str(tmp_path).encode() not in body
