"""Which issuers can be asked for keys, and what their discovery must say."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from federation import issuers
from federation.errors import TrustInvalid
from federation.fetching import FetchFailed
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


def failure(issuer: str) -> str:
    with pytest.raises(FetchFailed) as caught:
        issuers.discover(issuer)
    return caught.value.reason


# --- URLs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example",
        "https://issuer.example/",
        "https://issuer.example:8443/realms/acme",
        "https://10.0.0.1",
        "http://127.0.0.1:8080",
    ],
)
def test_an_issuer_is_an_https_url(url: str) -> None:
    issuers.check_url(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "characters"),
        ("issuer.example", "https://"),
        ("ftp://issuer.example", "https://"),
        ("https://", "host"),
        ("https://a:b@issuer.example", "user name"),
        ("https://issuer.example/#x", "fragment"),
        ("https://issuer.example/?x=1", "query"),
        ("https://issuer.example/?", "query"),
        ("https://issuer.example:99999", "not a URL"),
    ],
)
def test_what_is_wrong_with_an_issuer_is_said(url: str, says: str) -> None:
    with pytest.raises(TrustInvalid, match=says) as caught:
        issuers.check_url(url)
    assert caught.value.message.startswith("issuer: ")


def test_a_plain_http_issuer_needs_the_setting(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = False
    with pytest.raises(TrustInvalid, match="https"):
        issuers.check_url("http://127.0.0.1:8080")


def test_an_issuer_is_internal_by_its_exact_name(settings: Settings) -> None:
    settings.FEDERATION_INTERNAL_ISSUERS = ["https://sso.internal"]
    assert issuers.is_internal("https://sso.internal")
    assert not issuers.is_internal("https://sso.internal/")
    assert not issuers.is_internal("https://SSO.internal")


# --- Discovery --------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/", "/realms/acme", "/realms/acme/", "/a//"])
def test_keys_are_found_through_discovery(path: str) -> None:
    with FakeIssuer(path=path) as issuer:
        assert issuers.discover(issuer.url) == issuer.signer.jwks()
        assert issuer.fetches == {path.removesuffix("/") + DISCOVERY: 1, KEYS: 1}


def test_an_issuer_that_cannot_be_asked_is_not(issuer: FakeIssuer) -> None:
    assert "query" in failure(f"{issuer.url}/?x")
    assert issuer.connections == 0


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", '"x"', "[" * 50_000, '{"issuer": NaN', "9" * 9000],
    ids=range(8),
)
def test_a_document_that_is_no_json_object_fails(body: str, issuer: FakeIssuer) -> None:
    issuer.answers[DISCOVERY] = Answer(body)
    assert failure(issuer.url) == "its discovery document is no JSON object"
    assert issuer.fetches == {DISCOVERY: 1}


@pytest.mark.parametrize("jwks_uri", [None, 1, [], {"url": "x"}, True])
def test_a_jwks_uri_is_one_text(jwks_uri: Any, issuer: FakeIssuer) -> None:
    issuer.claims["jwks_uri"] = jwks_uri
    assert failure(issuer.url) == "its discovery document has no jwks_uri"
    assert issuer.total == 1


def test_a_document_without_a_jwks_uri_fails(issuer: FakeIssuer) -> None:
    issuer.answers[DISCOVERY] = Answer(json.dumps({"issuer": issuer.url}))
    assert failure(issuer.url) == "its discovery document has no jwks_uri"


def test_both_requests_share_the_five_seconds(issuer: FakeIssuer) -> None:
    released = threading.Event()
    threading.Timer(2, released.set).start()
    document = issuer.answer(DISCOVERY).body
    issuer.answers[DISCOVERY] = Answer(document, wait=released)
    issuer.answers[KEYS] = Answer(drip="body")
    started = time.monotonic()
    assert failure(issuer.url) == "it took too long"
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    assert 4.9 < time.monotonic() - started < 6
