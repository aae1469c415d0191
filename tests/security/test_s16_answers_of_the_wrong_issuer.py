"""S-16: an answer counts if it is the configured issuer's, and of the right kind."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Unavailable
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer(path="/realms/Acme") as running:
        yield running


def refused_for(issuer: FakeIssuer) -> str:
    with pytest.raises(Unavailable) as caught:
        jwks.signing_key(issuer.url, issuer.signer.kid)
    return caught.value.reason


_NEAR_MISSES: dict[str, Callable[[str], object]] = {
    "slash at the end": lambda url: f"{url}/",
    "other case": lambda url: url.lower(),
    "other host": lambda url: url.replace("127.0.0.1", "localhost"),
    "other scheme": lambda url: url.replace("http:", "https:"),
    "other path": lambda url: url.replace("Acme", "Acme2"),
    "longer": lambda url: f"{url}.example",
    "shorter": lambda url: url[:-1],
    "space": lambda url: f"{url} ",
    "percent-encoded": lambda url: url.replace("A", "%41"),
    "empty": lambda url: "",
    "null": lambda url: None,
    "list": lambda url: [url],
    "object": lambda url: {"issuer": url},
}


@pytest.mark.parametrize("changed", _NEAR_MISSES.values(), ids=_NEAR_MISSES)
def test_s16_discovery_names_the_issuer_byte_for_byte(
    changed: Callable[[str], object], issuer: FakeIssuer
) -> None:
    issuer.claims["issuer"] = changed(issuer.url)
    assert "another issuer" in refused_for(issuer)
    assert issuer.fetches == {f"/realms/Acme{DISCOVERY}": 1}


def test_s16_discovery_that_names_no_issuer_is_refused(issuer: FakeIssuer) -> None:
    document = Answer('{"jwks_uri": "https://issuer.example/keys"}')
    issuer.answers[f"/realms/Acme{DISCOVERY}"] = document
    assert "another issuer" in refused_for(issuer)
    assert issuer.fetches[KEYS] == 0


def test_s16_a_trailing_slash_of_the_trust_is_the_issuers_too() -> None:
    with FakeIssuer(path="/") as issuer:
        assert jwks.signing_key(issuer.url, issuer.signer.kid)
        assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
        with pytest.raises(Unavailable, match="another issuer"):
            jwks.signing_key(issuer.origin, issuer.signer.kid)


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "", "application/xml"])
@pytest.mark.parametrize("path", [f"/realms/Acme{DISCOVERY}", KEYS])
def test_s16_an_answer_of_the_wrong_type_is_refused(
    path: str, kind: str, issuer: FakeIssuer
) -> None:
    issuer.answers[path] = Answer(issuer.answer(path).body, content_type=kind)
    assert "content type" in refused_for(issuer)


@pytest.mark.parametrize(
    "body",
    ["[]", '{"keys": {}}', '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA"}]}'],
)
def test_s16_a_document_that_is_no_key_set_is_refused(
    body: str, issuer: FakeIssuer
) -> None:
    issuer.answers[KEYS] = Answer(body)
    refused_for(issuer)
    assert issuer.fetches[KEYS] == 1
