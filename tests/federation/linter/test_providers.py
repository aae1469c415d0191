"""How the linter knows the provider of an issuer, and what it says if it guesses."""

import pytest

from federation.entries import Entry
from federation.linter import grade
from federation.providers import TRAITS, Provider, is_misspelt, provider_of
from tests.federation.linter.trusts import (
    BUILDKITE,
    CALLED,
    CIRCLECI,
    CLUSTER,
    ENTRA,
    FORGE,
    GITHUB,
    GITLAB,
    GOOGLE,
    ORG,
    SERVER,
    TERRAFORM,
    WORKSPACE,
    entry,
)


@pytest.mark.parametrize(
    ("issuer", "subject", "is_guess"),
    [
        (GITHUB, "repo:acme/app:x", False),
        (SERVER, "repo:acme/app:x", False),
        ("https://token.actions.acme.ghe.com", "repo:acme/app:x", False),
        (FORGE, "repo:acme/app:x", True),
        (FORGE, WORKSPACE, True),
        (CLUSTER, "system:serviceaccount:ci:x", False),
    ],
)
def test_a_reason_says_so_where_the_provider_is_a_guess(
    issuer: str, subject: str, is_guess: bool
) -> None:
    trust = entry(issuer, subject)
    reasons = {found.code: found.reason for found in grade(trust).findings}
    like = f"(if its issuer is like {provider_of(trust)}, as its subject is)"
    assert reasons["names_without_ids"].endswith(like) is is_guess
    assert like not in reasons["no_audience"]


@pytest.mark.parametrize(
    ("issuer", "subject", "provider"),
    [
        (GITHUB, "x", Provider.GITHUB),
        (f"{GITHUB}/acme", "x", Provider.GITHUB),
        ("https://token.actions.acme.ghe.com", "x", Provider.GITHUB),
        ("https://x.acme.ghe.com", "x", Provider.OTHER),
        ("https://token.actions.example", "x", Provider.OTHER),
        ("https://ghe.example/_services/token", "repo:acme/app", Provider.GITHUB),
        (SERVER, "x", Provider.GITHUB),
        ("https:///_services/token", "x", Provider.OTHER),
        (FORGE, CALLED, Provider.GITHUB),
        (TERRAFORM, "x", Provider.TERRAFORM),
        (FORGE, WORKSPACE, Provider.TERRAFORM),
        (FORGE, "organization:acme:pipeline:x", Provider.OTHER),
        (f"{GITHUB}.example", "x", Provider.OTHER),
        ("https://x.example/token.actions.githubusercontent.com", "x", Provider.OTHER),
        ("https://token.actions.githubusercontent.com@x.example", "x", Provider.OTHER),
        (GITLAB, "repo:acme/app", Provider.GITLAB),
        (FORGE, "project_path:acme/app", Provider.GITLAB),
        (BUILDKITE, "x", Provider.BUILDKITE),
        (CIRCLECI, "x", Provider.CIRCLECI),
        (GOOGLE, "x", Provider.GOOGLE),
        (ENTRA, "x", Provider.ENTRA),
        ("https://sts.windows.net/x/", "x", Provider.ENTRA),
        (CLUSTER, "system:serviceaccount:ci:x", Provider.KUBERNETES),
        (CLUSTER, "SYSTEM:serviceaccount:ci:x", Provider.KUBERNETES),
        (CLUSTER, "system:node:x", Provider.OTHER),
        ("http://[::1", "x", Provider.OTHER),
        ("https://", "x", Provider.OTHER),
    ],
)
def test_a_provider_is_known_by_its_host_or_its_subjects(
    issuer: str, subject: str, provider: Provider
) -> None:
    assert provider_of(Entry(issuer, subject)) is provider


def test_what_is_known_of_providers_is_known_of_each() -> None:
    assert set(TRAITS) == set(Provider)


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        *((issuer, False) for issuer in (GITHUB, GITLAB, BUILDKITE, CIRCLECI)),
        *((issuer, False) for issuer in (GOOGLE, ENTRA, CLUSTER, f"{FORGE}/")),
        (f"{GITHUB}/acme-inc", False),
        (f"https://sts.windows.net/{ORG}/", False),
        *((f"{issuer}/", True) for issuer in (GITHUB, GITLAB, BUILDKITE, CIRCLECI)),
        (TERRAFORM, False),
        *((f"{issuer}/", True) for issuer in (GOOGLE, ENTRA, TERRAFORM)),
        (f"https://sts.windows.net/{ORG}", True),
        (f"https://login.microsoftonline.com/{ORG}", True),
        (f"https://login.microsoftonline.com/{ORG}/v2x0", True),
        ("https://login.microsoftonline.com/common/v2.0", True),
        ("https://oidc.circleci.com", True),
        ("https://GitLab.com", True),
        ("http://gitlab.com", True),
        ("https://gitlab.com\n", True),
        ("https://gitlab.com:443", True),
        (f"{GITHUB}/a/b", True),
    ],
)
def test_an_issuer_that_no_token_of_its_provider_names_is_noticed(
    issuer: str, expected: bool
) -> None:
    assert is_misspelt(issuer) is expected
