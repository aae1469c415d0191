"""Certificates: which are believed, and what they must name."""

import ssl
import threading
import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from federation.fetching import fetch_json
from tests.federation.certificates import Authority
from tests.federation.issuer import KEYS, Answer, FakeIssuer
from tests.federation.outbound_get.asking import NAME, failure
from tests.federation.surroundings import NameService


@pytest.fixture
def authority(tmp_path: Path, settings: Settings) -> Authority:
    """A CA that FEDERATION_CA_FILE names."""
    made = Authority(tmp_path)
    settings.FEDERATION_CA_FILE = str(made.file)
    return made


def test_an_internal_issuer_with_a_certificate_of_our_ca_is_read(
    authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    with FakeIssuer(tls=authority.server(NAME), name=NAME) as issuer:
        assert fetch_json(issuer.url + KEYS, internal=True) == issuer.signer.jwks()
        assert issuer.headers[0]["Host"] == f"{NAME}:{issuer.port}"


def test_the_server_is_told_the_name_that_the_url_has(
    authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    told: list[str | None] = []
    context = authority.server(NAME)

    def note(line: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        told.append(name)

    context.sni_callback = note
    with FakeIssuer(tls=context, name=NAME) as issuer:
        fetch_json(issuer.url + KEYS, internal=True)
    assert told == [NAME]


def test_an_address_in_a_url_is_what_its_certificate_must_name(
    authority: Authority,
) -> None:
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        assert fetch_json(issuer.url + KEYS, internal=True) == issuer.signer.jwks()
    with FakeIssuer(tls=authority.server("127.0.0.2")) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


@pytest.mark.parametrize(
    ("name", "expired"),
    [("other.example", False), ("127.0.0.1", False), (NAME, True)],
    ids=["of another name", "of the address", "expired"],
)
def test_a_certificate_that_is_wrong_sends_no_request(
    name: str, expired: bool, authority: Authority, dns: NameService
) -> None:
    dns.names[NAME] = [["127.0.0.1"]]
    tls = authority.server(name, expired=expired)
    with FakeIssuer(tls=tls, name=NAME) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


def test_a_certificate_of_a_ca_that_nobody_named_is_refused(
    authority: Authority, settings: Settings
) -> None:
    settings.FEDERATION_CA_FILE = ""
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        assert "certificate" in failure(issuer.url + KEYS, internal=True)
        assert issuer.total == 0


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["missing", "garbage"])
def test_a_ca_file_that_cannot_be_used_stops_the_request(
    text: str | None, settings: Settings, tmp_path: Path, dns: NameService
) -> None:
    file = tmp_path / "broken.pem"
    if text is not None:
        file.write_text(text)
    settings.FEDERATION_CA_FILE = str(file)
    assert failure(f"https://{NAME}/") == "FEDERATION_CA_FILE cannot be read"
    assert dns.asked == []


def test_a_server_that_speaks_no_tls_only_fails(issuer: FakeIssuer) -> None:
    url = f"https://127.0.0.1:{issuer.port}/"
    assert "SSL" in failure(url, internal=True)
    assert issuer.total == 0


@pytest.mark.parametrize("drip", ["head", "body"])
def test_an_encrypted_drip_is_cut_off_too(drip: str, authority: Authority) -> None:
    with FakeIssuer(tls=authority.server("127.0.0.1")) as issuer:
        issuer.answers["/x"] = Answer(drip=drip)
        started = time.monotonic()
        reason = failure(f"{issuer.url}/x", internal=True, seconds=0.6)
        assert reason == "it took too long"
        assert time.monotonic() - started < 2


def test_a_machine_without_threads_to_spare_only_fails(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert "RuntimeError" in failure(issuer.url + KEYS)
