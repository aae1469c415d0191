"""Which URLs are asked, and what a request says."""

import pytest
from pytest_django.fixtures import Settings

from federation.fetching import fetch_json
from robots.outbound.destinations import MAX_URL, UrlInvalid, destination
from tests.federation.issuer import KEYS, FakeIssuer
from tests.federation.outbound_get.asking import NO_ADDRESS, failure
from tests.federation.surroundings import Connections, NameService


def test_a_document_comes_as_text(issuer: FakeIssuer) -> None:
    assert fetch_json(issuer.url + KEYS) == issuer.signer.jwks()
    assert issuer.fetches == {KEYS: 1}


def test_the_request_says_no_more_than_it_must(issuer: FakeIssuer) -> None:
    fetch_json(f"{issuer.url}{KEYS}?a=1")
    (headers,) = issuer.headers
    assert headers == {
        "Host": f"127.0.0.1:{issuer.port}",
        "Accept": "application/json, application/jwk-set+json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "Quaysite",
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "issuer.example",
        "//issuer.example/x",
        "ftp://issuer.example/x",
        "file:///etc/passwd",
        "gopher://issuer.example/_x",
        "data:application/json,{}",
        "https:/issuer.example",
        "https://",
        "https:///x",
        "https://user@issuer.example/",
        "https://user:password@issuer.example/",
        "https://@issuer.example/",
        "https://a@b@issuer.example/",
        "https://issuer.example/#",
        "https://issuer.example/#fragment",
        "https://issuer.example:0/",
        "https://issuer.example:/",
        "https://issuer.example:65536/",
        "https://issuer.example:0443/",
        "https://issuer.example:+443/",
        "https://issuer.example:x/",
        "https://issuer.example:443:443/",
        "https://issuer.example\\@other.example/",
        "https://issuer.example/\\other.example",
        "https://issuer.example /",
        "https://issuer.example/\r\nHost: other.example",
        "https://issuer.example/\tx",
        "https://issuer.example/\x00",
        "https://issu\u00e9r.example/",
        "https://issuer\uff0eexample/",
        "https://issuer.example/\ud800",
        "https://issuer%2eexample/",
        "https://.issuer.example/",
        "https://issuer.example./",
        "https://-issuer.example/",
        "https://issuer,example/",
        f"https://{'a' * 300}.example/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
        "https://[127.0.0.1]/",
        f"https://issuer.example/{'x' * MAX_URL}",
    ],
)
def test_a_url_of_any_other_form_is_not_even_looked_up(
    url: str, dns: NameService, connections: Connections
) -> None:
    assert failure(url)
    assert (dns.asked, connections.made) == ([], [])


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "target"),
    [
        ("https://A.example", "https", "a.example", 443, "/"),
        ("HTTPS://a.example:8443/x", "https", "a.example", 8443, "/x"),
        ("https://a.example?q=1", "https", "a.example", 443, "/?q=1"),
        ("http://127.0.0.1/%2e%2e/", "http", "127.0.0.1", 80, "/%2e%2e/"),
        ("https://[::1]:6443/x?y", "https", "::1", 6443, "/x?y"),
        ("https://my_host/x//y", "https", "my_host", 443, "/x//y"),
    ],
)
def test_a_url_is_read_in_one_way(
    url: str, scheme: str, host: str, port: int, target: str
) -> None:
    to = destination(url)
    assert (to.scheme, to.host, to.port, to.target) == (scheme, host, port, target)


def test_a_bad_url_is_not_repeated() -> None:
    with pytest.raises(UrlInvalid) as caught:
        destination("https://user:canary@issuer.example/")
    assert "canary" not in str(caught.value)


def test_plain_http_needs_the_setting(issuer: FakeIssuer, settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = False
    assert failure(issuer.url + KEYS, internal=True) == "only https is asked"
    assert issuer.connections == 0


@pytest.mark.parametrize("address", ["10.0.0.1", "8.8.8.8", "169.254.169.254"])
def test_plain_http_is_for_loopback_alone(
    address: str, connections: Connections
) -> None:
    assert failure(f"http://{address}/", internal=True) == NO_ADDRESS
    assert connections.made == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    variable: str, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeIssuer() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        fetch_json(issuer.url + KEYS)
        assert (issuer.total, proxy.connections) == (1, 0)
