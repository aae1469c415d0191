"""System checks: each Error and Warning, by the setting that earns it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, registry, run_checks
from pytest_django.fixtures import Settings

from registryauth import checks, signing
from registryauth.signer import key_store

Check = Callable[[], list[CheckMessage]]


def ids(check: Check) -> list[str | None]:
    return [message.id for message in check()]


def test_all_of_them_are_registered_and_content_with_the_defaults() -> None:
    signing.active_key()
    ours = [
        checks.check_services,
        checks.check_lifetimes,
        checks.check_notification_tokens,
        checks.check_algorithm,
        checks.check_signing_key,
    ]
    everywhere = registry.registry.get_checks(include_deployment_checks=True)
    assert set(ours) <= set(everywhere)
    found = run_checks(include_deployment_checks=True)
    assert [m for m in found if str(m.id).startswith("registryauth.")] == []


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        (["registry.example.com"], []),
        (["a", "b:5000"], []),
        ([], ["registryauth.E001"]),
        ([""], ["registryauth.E001"]),
        (['a"b'], ["registryauth.E001"]),
        (["a\nb"], ["registryauth.E001"]),
        (["good", ""], ["registryauth.E001"]),
    ],
    ids=repr,
)
def test_services_fit_in_a_challenge(
    services: list[str], expected: list[str], settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = services
    assert ids(checks.check_services) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, ["registryauth.E002"]),
        (60, []),
        (3600, []),
        (3601, ["registryauth.E002"]),
        (0, ["registryauth.E002"]),
        (-1, ["registryauth.E002"]),
    ],
)
def test_a_registry_token_lives_a_minute_to_an_hour(
    seconds: int, expected: list[str], settings: Settings
) -> None:
    settings.REGISTRY_TOKEN_LIFETIME = seconds
    assert ids(checks.check_lifetimes) == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ("", []),
        ("n" * 32, []),
        (f"{'n' * 32},{'o' * 50}", []),
        (f"{'n' * 32}, {'o' * 32},", []),
        ("n" * 31, ["registryauth.E007"]),
        (f"{'n' * 32},short", ["registryauth.E007"]),
        (f"{'n' * 20} {'o' * 20}", ["registryauth.E007"]),
        ("\u00e9" * 40, ["registryauth.E007"]),
        ("n" * 32 + "\nX-More: 1", ["registryauth.E007"]),
    ],
    ids=repr,
)
def test_notification_tokens_cannot_be_guessed_and_fit_in_a_header(
    tokens: str, expected: list[str], settings: Settings
) -> None:
    settings.REGISTRY_NOTIFICATION_TOKENS = tokens
    assert ids(checks.check_notification_tokens) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, []), (0, ["registryauth.E003"]), (-1, ["registryauth.E003"])],
)
def test_a_refresh_token_lives_at_all(
    seconds: int, expected: list[str], settings: Settings
) -> None:
    settings.REGISTRY_REFRESH_TOKEN_LIFETIME = seconds
    assert ids(checks.check_lifetimes) == expected


def test_both_lifetimes_are_named_at_once(settings: Settings) -> None:
    settings.REGISTRY_TOKEN_LIFETIME = settings.REGISTRY_REFRESH_TOKEN_LIFETIME = 0
    found = ids(checks.check_lifetimes)
    assert found == ["registryauth.E002", "registryauth.E003"]


@pytest.mark.parametrize("algorithm", ["EdDSA", "HS256", "none", "", "es256"])
def test_an_algorithm_that_registries_do_not_verify_is_an_error(
    algorithm: str, settings: Settings
) -> None:
    settings.REGISTRY_SIGNING_ALGORITHM = algorithm
    (error,) = checks.check_algorithm()
    assert error.id == "registryauth.E004"
    message = "REGISTRY_SIGNING_ALGORITHM must be one of ES256, RS256."
    assert error.msg == message


def test_before_the_first_start_there_is_no_key_to_complain_about() -> None:
    assert checks.check_signing_key() == []
    assert key_store().is_empty()


def test_keys_that_are_lost_are_an_error(own_signing_keys: Path) -> None:
    key_store().ensure("ES256")
    for path in own_signing_keys.glob("*.pem"):
        path.unlink()
    (error,) = checks.check_signing_key()
    assert error.id == "registryauth.E006"
    assert "is missing" in error.msg


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644], ids=oct)
@pytest.mark.parametrize("which", ["the active key", "a published key"])
def test_a_key_that_others_can_read_is_an_error(
    which: str, mode: int, own_signing_keys: Path
) -> None:
    active = signing.active_key()
    added = key_store().add("ES256")
    key = active if which == "the active key" else added
    path = own_signing_keys / f"{key.id}.pem"
    path.chmod(mode)
    (error,) = checks.check_signing_key()
    assert error.id == "registryauth.E005"
    assert error.msg == f"{path} can be read by other users."
    path.chmod(0o600)
    assert checks.check_signing_key() == []


def test_keys_of_which_none_is_active_are_an_error(own_signing_keys: Path) -> None:
    signing.active_key()
    (own_signing_keys / "active").unlink()
    (error,) = checks.check_signing_key()
    assert error.id == "registryauth.E006"
    assert error.msg == f"{own_signing_keys} has no active signing key"


def test_an_active_key_of_another_kind_is_a_warning(settings: Settings) -> None:
    key = signing.active_key()
    settings.REGISTRY_SIGNING_ALGORITHM = "RS256"
    (warning,) = checks.check_signing_key()
    assert warning.id == "registryauth.W002"
    assert f"the active key {key.id} signs with ES256" in warning.msg
