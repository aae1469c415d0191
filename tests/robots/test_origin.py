"""Where a request came from: what proxies say counts only as far as it is trusted."""

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from robots.origin import NOWHERE, Origin, client_address, origin_of

PEER = "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        pytest.param(0, None, PEER, id="no-proxy"),
        pytest.param(0, "203.0.113.9", PEER, id="no-proxy-and-a-forged-header"),
        pytest.param(1, "203.0.113.9", "203.0.113.9", id="one-proxy"),
        pytest.param(1, "6.6.6.6, 203.0.113.9", "203.0.113.9", id="forged-before-it"),
        pytest.param(2, "203.0.113.9, 10.0.0.2", "203.0.113.9", id="two-proxies"),
        pytest.param(
            2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9", id="two-and-a-forged"
        ),
        pytest.param(2, "10.0.0.2", PEER, id="fewer-entries-than-proxies"),
        pytest.param(1, None, PEER, id="a-request-past-the-proxy"),
        pytest.param(1, " 2001:DB8::1 ", "2001:db8::1", id="ipv6-in-other-spelling"),
        pytest.param(1, "fe80::1%eth0", "fe80::1", id="a-zone"),
        pytest.param(1, "fe80::1%" + "a" * 200, "fe80::1", id="a-long-zone"),
        pytest.param(1, "unknown", None, id="not-an-address"),
        pytest.param(1, "203.0.113.9:1234", "203.0.113.9", id="with-a-port"),
        pytest.param(1, "[2001:db8::1]:1234", "2001:db8::1", id="ipv6-with-a-port"),
        pytest.param(1, "[2001:db8::1]", "2001:db8::1", id="ipv6-in-brackets"),
        pytest.param(1, "203.0.113.9:123456", None, id="no-port"),
        pytest.param(1, "203.0.113:80", None, id="a-port-and-no-address"),
        pytest.param(1, "[203.0.113]:80", None, id="brackets-and-no-address"),
        pytest.param(1, "6.6.6.6,", None, id="an-empty-last-entry"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(
    settings: Settings,
    rf: RequestFactory,
    proxies: int,
    forwarded: str | None,
    expected: str | None,
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR=PEER)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    assert client_address(request) == expected


@pytest.mark.parametrize("peer", ["", "unix:", "1.2.3", "::g"])
def test_a_peer_without_an_address_has_none(
    settings: Settings, rf: RequestFactory, peer: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(rf.get("/", REMOTE_ADDR=peer)) is None


def test_the_setting_is_not_needed(settings: Settings, rf: RequestFactory) -> None:
    del settings.TRUSTED_PROXY_COUNT
    request = rf.get("/", REMOTE_ADDR=PEER, HTTP_X_FORWARDED_FOR="6.6.6.6")
    assert client_address(request) == PEER


def test_the_request_id_is_kept_and_bounded(rf: RequestFactory) -> None:
    request = rf.get("/", REMOTE_ADDR=PEER, HTTP_X_REQUEST_ID="x" * 100)
    assert origin_of(request) == Origin(PEER, "x" * 64)
    assert origin_of(rf.get("/", REMOTE_ADDR=PEER)) == Origin(PEER, "")


def test_a_command_comes_from_nowhere() -> None:
    assert (NOWHERE.address, NOWHERE.request_id) == (None, "")
