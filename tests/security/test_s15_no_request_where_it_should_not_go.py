"""S-15: an issuer's URLs lead nowhere but to that issuer, on the Internet."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Refused, Unavailable
from federation.fetching import FetchFailed, fetch_json
from tests.federation.certificates import Authority
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.surroundings import Connections, NameService

NAME = "issuer.example"
METADATA = "169.254.169.254"


@pytest.fixture(autouse=True)
def nobody_was_asked() -> None:
    """No cool-down of another test keeps this one from asking."""
    cache.clear()
    jwks.forget_keys()


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> NameService:
    return NameService(monkeypatch)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    return Connections(monkeypatch)


@pytest.fixture
def issuer(settings: Settings) -> Iterator[FakeIssuer]:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def internal_issuer(
    tmp_path: Path, settings: Settings, dns: NameService
) -> Iterator[FakeIssuer]:
    """An HTTPS issuer on 127.0.0.1 that the operator lets be in a private network."""
    authority = Authority(tmp_path)
    settings.FEDERATION_CA_FILE = str(authority.file)
    dns.names[NAME] = [["127.0.0.1"]]
    with FakeIssuer(tls=authority.server(NAME), name=NAME) as running:
        settings.FEDERATION_INTERNAL_ISSUERS = [running.url]
        yield running


def refused_for(issuer: str) -> str:
    with pytest.raises(Unavailable) as caught:
        jwks.signing_key(issuer, "key-1")
    return caught.value.reason


def test_s15_a_redirect_to_a_metadata_service_is_not_followed(
    issuer: FakeIssuer, connections: Connections
) -> None:
    for path in (DISCOVERY, KEYS):
        to = {"Location": f"http://{METADATA}/latest/meta-data/iam/"}
        issuer.answers = {path: Answer(status=302, headers=to)}
        with pytest.raises(FetchFailed, match="302"):
            fetch_json(issuer.url + path)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    assert set(connections.made) == {"127.0.0.1"}


def test_s15_a_redirect_to_another_server_is_not_followed(issuer: FakeIssuer) -> None:
    with FakeIssuer() as other:
        to = {"Location": other.url + KEYS}
        issuer.answers[KEYS] = Answer(status=307, headers=to)
        assert "307" in refused_for(issuer.url)
        assert other.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        METADATA,
        "168.63.129.16",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - the address as such
        "::1",
        "fd00::1",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "2002:a9fe:a9fe::",
        "2001:0:7f00:1::",
    ],
)
def test_s15_a_name_that_leads_inside_is_not_connected_to(
    address: str, dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [[address]]
    assert "no address that may be asked" in refused_for(f"https://{NAME}")
    assert (dns.asked, connections.made) == ([NAME], [])


@pytest.mark.parametrize(
    "url",
    [
        f"http://{METADATA}",
        "http://issuer.example",
        "http://10.0.0.1",
        "file:///etc/passwd",
        "https://user@issuer.example",
        "https://issuer.example/#x",
    ],
)
def test_s15_only_https_is_asked(
    url: str, dns: NameService, connections: Connections
) -> None:
    refused_for(url)
    assert (dns.asked, connections.made) == ([], [])


@pytest.mark.parametrize(
    "jwks_uri",
    [
        "http://127.0.0.1:1/keys",
        f"http://{METADATA}/keys",
        "file:///etc/passwd",
        "ftp://issuer.example/keys",
        "//issuer.example/keys",
        "/keys",
        f"https://{METADATA}/keys",
        "https://metadata.example/keys",
        "https://user:password@issuer.example/keys",
        "https://issuer.example/keys#x",
        "",
    ],
)
def test_s15_the_jwks_uri_is_held_to_the_same_rules(
    jwks_uri: str,
    internal_issuer: FakeIssuer,
    dns: NameService,
    connections: Connections,
    settings: Settings,
) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    dns.names[METADATA] = dns.names["metadata.example"] = [[METADATA]]
    internal_issuer.claims["jwks_uri"] = jwks_uri
    assert refused_for(internal_issuer.url)
    assert internal_issuer.fetches == {DISCOVERY: 1}
    assert connections.made == ["127.0.0.1"]


@pytest.mark.parametrize("address", ["10.0.0.1", "8.8.8.8", METADATA])
def test_s15_a_jwks_uri_of_a_loopback_issuer_stays_on_loopback_or_encrypted(
    address: str, issuer: FakeIssuer, connections: Connections
) -> None:
    issuer.claims["jwks_uri"] = f"http://{address}/keys"
    assert "no address that may be asked" in refused_for(issuer.url)
    assert connections.made == ["127.0.0.1"]


def test_s15_a_jwks_uri_on_a_private_host_is_not_asked_for_a_public_issuer(
    issuer: FakeIssuer, connections: Connections
) -> None:
    issuer.claims["jwks_uri"] = "https://10.0.0.1/keys"
    assert "no address that may be asked" in refused_for(issuer.url)
    assert connections.made == ["127.0.0.1"]


def test_s15_the_address_that_was_checked_is_the_one_connected_to(
    internal_issuer: FakeIssuer, dns: NameService, connections: Connections
) -> None:
    """A name server that changes its mind between the check and the connection."""
    dns.names[NAME] = [["127.0.0.1"], ["127.0.0.2"]]
    url = internal_issuer.url + KEYS
    assert fetch_json(url, internal=True) == internal_issuer.signer.jwks()
    assert (dns.asked, connections.made) == ([NAME], ["127.0.0.1"])


def test_s15_a_name_that_was_public_when_checked_does_not_lead_inside(
    dns: NameService, connections: Connections
) -> None:
    with FakeIssuer() as inside:
        dns.names[NAME] = [["8.8.8.8"], ["127.0.0.1"]]
        assert "unreachable" in refused_for(f"https://{NAME}:{inside.port}")
        assert inside.connections == 0
    assert (dns.asked, connections.made) == ([NAME], ["8.8.8.8"])


def test_s15_the_second_request_is_checked_anew(
    internal_issuer: FakeIssuer, dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [["127.0.0.1"], [METADATA]]
    assert "no address that may be asked" in refused_for(internal_issuer.url)
    assert dns.asked == [NAME, NAME]
    assert connections.made == ["127.0.0.1"]


def test_s15_a_private_address_needs_the_operator(
    internal_issuer: FakeIssuer, settings: Settings
) -> None:
    assert jwks.signing_key(internal_issuer.url, "key-1")
    jwks.forget_keys()
    settings.FEDERATION_INTERNAL_ISSUERS = [f"{internal_issuer.url}/"]
    with pytest.raises(FetchFailed, match="no address that may be asked"):
        fetch_json(internal_issuer.url + KEYS)
    assert internal_issuer.connections == 2


def test_s15_an_issuer_that_the_operator_does_not_list_is_never_asked(
    dns: NameService, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://other.example"]
    with pytest.raises(Refused) as caught:
        jwks.signing_key(f"https://{NAME}", "key-1")
    assert caught.value.check == "issuer"
    assert dns.asked == []


def test_s15_nothing_takes_longer_than_five_seconds(issuer: FakeIssuer) -> None:
    issuer.answers[DISCOVERY] = Answer(drip="head")
    started = time.monotonic()
    assert "too long" in refused_for(issuer.url)
    assert 4.9 < time.monotonic() - started < 6
    assert issuer.fetches == {DISCOVERY: 1}


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
@pytest.mark.parametrize("length", [None, -1], ids=["announced", "unannounced"])
def test_s15_ten_megabytes_are_refused(
    length: int | None, path: str, issuer: FakeIssuer
) -> None:
    issuer.answers[path] = Answer(b" " * 10_000_000, length=length)
    assert "65536 bytes" in refused_for(issuer.url)
    assert issuer.fetches[path] == 1
