"""Registries and arguments that `sync_repositories` cannot use."""

import pytest
from django.core.management import CommandError
from pytest_django.fixtures import Settings

from registryauth import signing
from robots.models import Repository
from tests.conftest import Cast
from tests.registryauth.registry import FakeRegistry, Reply, page
from tests.registryauth.sync_repositories.syncing import refusal, run


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "one of the arguments --namespace --all is required"),
        (["--all", "--namespace", "acme"], "not allowed with argument"),
        (["--namespace", "globex"], "There is no namespace globex"),
        (["--all", "--owner", "alice"], "--owner is for --create-organizations"),
        (
            ["--all", "--create-organizations", "--owner", "nobody"],
            "There is no user nobody",
        ),
        (
            ["--all", "--service", "other"],
            "--service other is not in REGISTRY_SERVICES (127.0.0.1:5000)",
        ),
        (["--all", "--ca-file", "/nowhere.pem"], "--ca-file: /nowhere.pem cannot be"),
        (["--all", "--page-size", "0"], "'0' is not a number from 1 to 10000"),
        (["--all", "--page-size", "many"], "'many' is not a number from 1 to 10000"),
        (["--all", "--visibility", "secret"], "invalid choice: 'secret'"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(
    registry: FakeRegistry, arguments: list[str], error: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run(registry, *arguments)
    assert error in str(caught.value)
    assert registry.paths == []
    assert not Repository.objects.filter(name="new").exists()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://192.0.2.1", "only this machine is asked without https"),
        ("ftp://127.0.0.1", "is not a URL"),
        ("https://user:word@registry.example.com", "no more"),
        ("https://:word@registry.example.com", "no more"),
        ("registry.example.com", "is not a URL"),
        ("https://[bad", "is not a URL"),
    ],
)
def test_a_wrong_address_is_refused(cast: Cast, url: str, error: str) -> None:
    message = refusal(None, "--all", "--url", url)
    assert error in message
    assert "word" not in message


def test_a_registry_that_is_not_there(cast: Cast) -> None:
    with FakeRegistry() as registry:
        url = registry.url
    assert refusal(None, "--all", "--url", url) == (
        f"{url}/v2/_catalog did not answer (Connection refused)"
    )


def test_a_registry_that_does_not_know_our_keys(
    registry: FakeRegistry, settings: Settings
) -> None:
    settings.REGISTRY_TOKEN_ISSUER = "somebody"
    message = refusal(registry, "--all")
    assert "refused our token: its `service` and `issuer` must be" in message
    assert registry.queries == []


def test_a_second_page_that_fails_creates_nothing_of_the_first(cast: Cast) -> None:
    link = '</v2/_catalog?last=acme/new>; rel="next"'

    def manners(query: dict[str, str]) -> Reply:
        return Reply(b"", 500) if "last" in query else page(["acme/new"], link)

    with FakeRegistry(manners=manners) as registry:
        assert refusal(registry, "--all").endswith("/v2/_catalog answered 500")


def test_no_signing_key(registry: FakeRegistry, settings: Settings) -> None:
    for path in settings.REGISTRY_SIGNING_KEYS_DIR.glob("*.pem"):
        path.write_text("nonsense")
    signing.forget_keys()
    assert "There is no signing key" in refusal(registry, "--all")
