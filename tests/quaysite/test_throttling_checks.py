"""The system check: several processes need a cache that they share."""

import pytest
from django.core.checks import registry, run_checks
from django.db import connection
from pytest_django.fixtures import Settings

from quaysite.serving import options
from quaysite.throttling_checks import check_counts_are_shared
from tests.redis_server import redis_cache


def test_it_is_registered_and_content_with_a_site_on_sqlite() -> None:
    every = registry.registry.get_checks(include_deployment_checks=True)
    assert check_counts_are_shared in every
    found = run_checks(include_deployment_checks=True)
    warned = "quaysite.W002" in [message.id for message in found]
    assert warned is (connection.vendor == "postgresql")


@pytest.mark.parametrize(
    ("vendor", "workers", "limits", "is_shared", "warns"),
    [
        ("postgresql", "2", {}, False, True),
        ("postgresql", "2", {}, True, False),
        ("postgresql", "1", {}, False, False),
        ("sqlite", "2", {}, False, False),
        ("postgresql", "2", {"LOGIN_FAILURE_LIMIT": 0}, False, True),
        (
            "postgresql",
            "2",
            {"LOGIN_FAILURE_LIMIT": 0, "LOGIN_FAILURE_ADDRESS_LIMIT": 0},
            False,
            False,
        ),
    ],
)
def test_who_has_several_processes_on_postgresql_is_told(
    vendor: str,
    workers: str,
    limits: dict[str, int],
    is_shared: bool,
    warns: bool,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "vendor", vendor)
    monkeypatch.setattr(options, "WORKERS", workers)
    for name, value in limits.items():
        setattr(settings, name, value)
    if is_shared:
        settings.CACHES = redis_cache("redis://127.0.0.1:1/0")
    assert [message.id for message in check_counts_are_shared()] == (
        ["quaysite.W002"] * warns
    )
