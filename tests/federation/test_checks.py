"""System checks: each Error and Warning, by the setting that earns it."""

from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from django.core.checks import CheckMessage, registry, run_checks
from pytest_django.fixtures import Settings

from federation import checks

Check = Callable[[], list[CheckMessage]]


def ids(check: Check) -> list[str | None]:
    return [message.id for message in check()]


def test_all_of_them_are_registered_and_content_with_the_defaults() -> None:
    ours = [
        checks.check_issuers,
        checks.check_lifetime,
        checks.check_key_times,
        checks.check_ca_file,
        checks.check_plain_http,
    ]
    everywhere = registry.registry.get_checks(include_deployment_checks=True)
    assert set(ours) <= set(everywhere)
    found = run_checks(include_deployment_checks=True)
    assert [m for m in found if str(m.id).startswith("federation.")] == []


@pytest.mark.parametrize("setting", ["ISSUERS", "INTERNAL_ISSUERS"])
@pytest.mark.parametrize(
    ("issuer", "loopback", "expected"),
    [
        ("https://issuer.example", False, []),
        ("http://127.0.0.1:5560", True, []),
        ("http://127.0.0.1:5560", False, ["federation.E001"]),
        ("issuer.example", True, ["federation.E001"]),
        ("HTTPS://issuer.example", False, ["federation.E001"]),
    ],
)
def test_issuers_are_urls(
    issuer: str, loopback: bool, expected: list[str], setting: str, settings: Settings
) -> None:
    setattr(settings, f"FEDERATION_{setting}", ["https://other.example", issuer])
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = loopback
    assert ids(checks.check_issuers) == expected


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [(0, True), (-1, True), (1, False), (3600, False), (3601, True)],
)
def test_a_token_lives_an_hour_at_most(
    seconds: int, wrong: bool, settings: Settings
) -> None:
    settings.FEDERATION_TOKEN_LIFETIME = seconds
    assert ids(checks.check_lifetime) == ["federation.E002"] * wrong


@pytest.mark.parametrize(
    ("cooldown", "fresh", "longest", "wrong"),
    [
        (60, 600, 86400, False),
        (60, 60, 60, False),
        (0, 600, 86400, True),
        (61, 60, 86400, True),
        (60, 601, 600, True),
    ],
)
def test_key_times_are_in_order(
    cooldown: int, fresh: int, longest: int, wrong: bool, settings: Settings
) -> None:
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = cooldown
    settings.FEDERATION_KEYS_FRESH_SECONDS = fresh
    settings.FEDERATION_KEYS_MAX_SECONDS = longest
    assert ids(checks.check_key_times) == ["federation.E003"] * wrong


def test_the_ca_file_is_one(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for path, wrong in (
        (certifi.where(), False),
        (str(empty), True),
        (str(tmp_path / "missing.pem"), True),
    ):
        settings.FEDERATION_CA_FILE = path
        assert ids(checks.check_ca_file) == ["federation.E004"] * wrong


def test_plain_http_is_for_development(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    assert ids(checks.check_plain_http) == ["federation.W001"]
