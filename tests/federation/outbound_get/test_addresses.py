"""Which addresses of a name may be asked."""

import logging
import socket
import threading
import time

import pytest

from federation.fetching import fetch_json
from tests.federation.issuer import KEYS, FakeIssuer
from tests.federation.outbound_get.asking import NAME, NO_ADDRESS, failure
from tests.federation.surroundings import Connections, NameService


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "[::ffff:7f00:1]"],
)
def test_another_spelling_of_loopback_is_loopback(
    host: str, connections: Connections
) -> None:
    assert failure(f"https://{host}/") == NO_ADDRESS
    assert connections.made == []


def test_one_bad_address_among_good_ones_is_enough(
    dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [["8.8.8.8", "2606:4700::1111", "10.0.0.1"]]
    assert failure(f"https://{NAME}/") == NO_ADDRESS
    assert connections.made == []


def test_an_internal_issuer_may_be_private_but_no_metadata_service(
    dns: NameService, connections: Connections
) -> None:
    dns.names[NAME] = [["10.0.0.1"], ["169.254.169.254"]]
    assert "unreachable" in failure(f"https://{NAME}/", internal=True)
    assert failure(f"https://{NAME}/", internal=True) == NO_ADDRESS
    assert connections.made == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://inside.example/", "inside.example has an address that is never"),
        ("http://inside.example/", "inside.example has an address that is not asked"),
        ("https://nowhere.example/", "nowhere.example has no address"),
    ],
    ids=["private", "without https", "none"],
)
def test_s15_a_private_name_is_not_told_from_one_that_does_not_exist(
    url: str, told: str, dns: NameService, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a trust would read the names of a private network one by one."""
    dns.names["inside.example"] = [["10.11.12.13"]]
    with caplog.at_level(logging.INFO, "robots.outbound.asking"):
        assert failure(url) == NO_ADDRESS
    assert told in caplog.text
    assert "10.11" not in caplog.text


def test_a_name_without_an_address_fails(
    dns: NameService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert failure(f"https://{NAME}/") == NO_ADDRESS
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    assert failure(f"https://{NAME}/") == NO_ADDRESS


def test_a_label_that_no_name_may_have_fails_without_a_fuss() -> None:
    assert failure(f"https://{'a' * 64}.example/") == NO_ADDRESS


def test_a_resolver_that_never_answers_costs_no_more_than_the_cap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(10) or [])
    started = time.monotonic()
    assert failure(f"https://{NAME}/", seconds=0.3) == "it took too long"
    assert time.monotonic() - started < 1
    released.set()


def test_where_one_family_has_no_route_the_other_is_tried(
    dns: NameService, connections: Connections
) -> None:
    dns.names["localhost"] = [["::1", "127.0.0.1", "127.0.0.2"]]
    with FakeIssuer(name="localhost") as issuer:
        assert fetch_json(issuer.url + KEYS) == issuer.signer.jwks()
    assert connections.made == ["::1", "127.0.0.1"]


def test_an_address_that_never_answers_leaves_time_for_the_other(
    dns: NameService, connections: Connections
) -> None:
    dns.names["localhost"] = [["::1", "127.0.0.1"]]
    connections.silent = {"::1"}
    with FakeIssuer(name="localhost") as issuer:
        assert fetch_json(issuer.url + KEYS, seconds=1) == issuer.signer.jwks()


def test_a_port_that_is_closed_fails(issuer: FakeIssuer) -> None:
    issuer.stop()
    assert failure(issuer.url + KEYS) == "Connection refused"
