"""The one outbound POST of a body: where it goes, and what counts as an answer."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from federation.fetching import FetchFailed
from quaysite.posting import post
from tests.federation.certificates import Authority
from tests.federation.surroundings import Connections, NameService
from tests.receivers import Hook, hook

BODY = b'{"a": 1}'
NO_ADDRESS = "its host has no address that may be asked"


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Hook]:
    with hook(settings) as running:
        yield running


def failure(url: str) -> str:
    with pytest.raises(FetchFailed) as caught:
        post(url, BODY, {})
    return caught.value.reason


def test_the_body_arrives_as_it_is_with_its_headers(receiver: Hook) -> None:
    headers = {"Content-Type": "text/plain", "Idempotency-Key": "k"}
    assert post(f"{receiver.url}?to=ops", BODY, headers) == 204
    (came,) = receiver.posts
    assert came.path == "/notices?to=ops"
    assert came.body == BODY
    assert came.headers["Content-Type"] == "text/plain"
    assert came.headers["Idempotency-Key"] == "k"
    assert came.headers["Accept"] == "*/*"
    assert "Authorization" not in came.headers


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_every_status_is_an_answer_and_no_redirect_is_followed(
    status: int, receiver: Hook
) -> None:
    receiver.status, receiver.location = status, f"{receiver.url}/elsewhere"
    assert post(receiver.url, BODY, {}) == status
    assert len(receiver.posts) == 1


def test_no_answer_is_a_failure(receiver: Hook) -> None:
    """Of a server that speaks no TLS."""
    with pytest.raises(FetchFailed):
        post(receiver.url.replace("http:", "https:"), BODY, {})
    assert receiver.posts == []


def test_five_seconds_are_all_it_may_take(receiver: Hook) -> None:
    begun, waited = time.monotonic(), threading.Event()

    def hang() -> bool:
        return waited.wait(30)

    receiver.refuses = hang
    assert failure(receiver.url) == "it took too long"
    waited.set()
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://hook.example/", "10.1.2.3"),
        ("http://hook.example/", "93.184.216.34"),
        ("http://hook.example/", "169.254.169.254"),
        # Where clouds hand out credentials.
        ("https://hook.example/", "169.254.169.254"),
        ("https://hook.example/", "fd00:ec2::254"),
    ],
)
def test_where_nothing_is_ever_posted(
    url: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    NameService(monkeypatch).names["hook.example"] = [[address]]
    connections = Connections(monkeypatch)
    assert failure(url) == NO_ADDRESS
    assert connections.made == []


def test_a_url_with_a_password_is_none() -> None:
    assert "no user name" in failure("https://user:secret@hook.example/")


def test_an_encrypted_receiver_may_be_in_a_private_network(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a certificate of the authorities that the operator names."""
    authority, name = Authority(tmp_path), "hook.example"
    NameService(monkeypatch).names[name] = [["127.0.0.1"]]
    with hook(settings, authority.server(name), name) as receiver:
        with pytest.raises(FetchFailed, match="certificate is not accepted"):
            post(receiver.url, BODY, {})
        settings.FEDERATION_CA_FILE = str(authority.file)
        assert post(receiver.url, BODY, {}) == 204
        assert [post.body for post in receiver.posts] == [BODY]
