"""A server that is slow takes five seconds and no thread."""

import socket
import threading
import time

import pytest

from federation.fetching import FetchFailed, fetch_json
from tests.federation.issuer import KEYS, Answer, FakeIssuer
from tests.federation.outbound_get.asking import failure


@pytest.mark.parametrize("drip", ["head", "body"])
def test_a_drip_that_never_ends_is_cut_off(drip: str, issuer: FakeIssuer) -> None:
    issuer.answers["/x"] = Answer(drip=drip)
    started = time.monotonic()
    assert failure(f"{issuer.url}/x", seconds=0.4) == "it took too long"
    assert 0.3 < time.monotonic() - started < 1.5


def test_an_answer_that_does_not_come_is_given_up_after_five_seconds(
    issuer: FakeIssuer,
) -> None:
    released = threading.Event()
    issuer.answers["/x"] = Answer(wait=released)
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="too long"):
        fetch_json(f"{issuer.url}/x")
    took = time.monotonic() - started
    released.set()
    assert 4.9 < took < 6


def test_a_handshake_that_does_not_come_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        started = time.monotonic()
        assert failure(url, internal=True, seconds=0.4) == "it took too long"
        assert time.monotonic() - started < 1.5


def test_no_time_left_means_no_request(issuer: FakeIssuer) -> None:
    assert failure(issuer.url + KEYS, seconds=-1) == "it took too long"
    assert issuer.connections == 0


def test_no_thread_is_left_behind(issuer: FakeIssuer) -> None:
    before = threading.active_count()
    issuer.answers["/x"] = Answer(drip="body")
    failure(f"{issuer.url}/x", seconds=0.2)
    issuer.stop()
    assert threading.active_count() < before
