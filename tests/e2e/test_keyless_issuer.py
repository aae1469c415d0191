"""The identity provider of these tests is a real one, and its troubles are seen."""

import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.e2e.conftest import Cast
from tests.e2e.keyless import Keyless
from tests.e2e.provider import Provider
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

COOLDOWN = 1
"""Seconds between two requests for a provider's keys."""

AUDIENCE = "https://registry.example.com"


@pytest.fixture(scope="module")
def lone_site(site: Site) -> Iterator[Site]:
    """A site of one process, so that keys once fetched are there for every request."""
    lone = site.sibling(
        "lone", WORKERS="1", FEDERATION_KEYS_COOLDOWN_SECONDS=str(COOLDOWN)
    )
    with lone.serving():
        yield lone


def test_discovery_names_the_issuer_and_its_keys(provider: Provider) -> None:
    found = provider.document("/.well-known/openid-configuration")

    assert found["issuer"] == provider.issuer
    assert found["jwks_uri"] == f"{provider.issuer}/jwks"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_jobs_token_is_signed_with_a_published_key(
    provider: Provider, algorithm: str
) -> None:
    job = provider.new_job(algorithm, seconds=90)

    token = provider.token(job, resource=AUDIENCE)

    keys = jwt.PyJWKSet.from_dict(provider.document("/jwks"))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=[algorithm], audience=AUDIENCE)
    assert (claims["iss"], claims["sub"]) == (provider.issuer, job.name)
    assert claims["exp"] - claims["iat"] == 90


def test_the_providers_keys_hold_nothing_private(provider: Provider) -> None:
    keys = provider.document("/jwks")["keys"]

    assert {key["kty"] for key in keys} == {"RSA", "EC"}
    assert not any("d" in key for key in keys)


def test_known_keys_count_while_the_provider_is_down(
    lone_site: Site, cast: Cast, other_cast: Cast, tmp_path: Path
) -> None:
    with Provider(tmp_path).running() as provider:
        keyless = Keyless(lone_site, provider)
        job = provider.new_job()
        keyless.trust(cast.api, cast.writer, job)
        tokens = [keyless.new_token(job) for _ in range(2)]
        before = keyless.ask(cast.writer.name, tokens[0])

    during = keyless.ask(cast.writer.name, tokens[1])

    assert (before.status_code, during.status_code) == (200, 200), during.text


def test_a_provider_that_was_never_reached_is_called_unavailable(
    lone_site: Site, cast: Cast, tmp_path: Path
) -> None:
    with Provider(tmp_path).running() as provider:
        keyless = Keyless(lone_site, provider)
        job = provider.new_job()
        token = keyless.new_token(job)
    keyless.trust(cast.api, cast.writer, job)

    by_quay = keyless.ask(cast.writer.name, token)
    by_rfc8693 = keyless.ask_by_rfc8693(cast.writer.name, token)

    assert (by_quay.status_code, by_rfc8693.status) == (401, 503)
    assert by_quay.json()["error"] == "temporarily_unavailable"
    assert by_rfc8693.json["error"] == "temporarily_unavailable"


def test_keys_that_have_changed_are_asked_for(
    lone_site: Site, cast: Cast, tmp_path: Path
) -> None:
    """A provider that starts anew at its address has other keys under other kids."""
    provider = Provider(tmp_path)
    keyless = Keyless(lone_site, provider)
    kids, answers = set(), []
    for _ in range(2):
        with provider.running():
            job = provider.new_job()
            keyless.trust(cast.api, cast.writer, job)
            token = keyless.new_token(job)
            kids.add(jwt.get_unverified_header(token)["kid"])
            answers.append(keyless.ask(cast.writer.name, token))
            time.sleep(COOLDOWN + 0.2)

    assert len(kids) == 2
    assert [answer.status_code for answer in answers] == [200, 200]
