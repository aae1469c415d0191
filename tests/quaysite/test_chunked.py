"""Bodies in chunks: read up to the limit, and only where the server marks their end."""

import io
import json
from collections.abc import Iterator
from typing import Any
from wsgiref.types import WSGIEnvironment

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django.fixtures import Settings

from quaysite.chunked import ChunkedBodies
from quaysite.wsgi import application
from tests.conftest import Cast

FORM = "application/x-www-form-urlencoded"
BODY = b"grant_type=password&username=acme%2Bci&password="


class Answer:
    """What a WSGI application answered: status, headers, body."""

    def __init__(self, app: Any, environ: dict[str, Any]) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        result = app(environ, self._start)
        self.body = b"".join(result)
        if hasattr(result, "close"):
            result.close()

    def _start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status, self.headers = int(status.split()[0]), dict(headers)


def environ(body: bytes, **changed: Any) -> dict[str, Any]:
    """What gunicorn hands over for a chunked POST of a form."""
    values = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v2/auth",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": FORM,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        **changed,
    }
    return {name: value for name, value in values.items() if value is not None}


def echo(received: WSGIEnvironment, start_response: Any) -> list[bytes]:
    """Answers with the length that it was told, and that many bytes."""
    length = received.get("CONTENT_LENGTH", "")
    start_response("200 OK", [("Length", length)])
    return [received["wsgi.input"].read(int(length or 0))]


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """Requests do not close the connection that holds the test's transaction."""
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_a_chunked_form_logs_in(cast: Cast, kept_connection: None) -> None:
    body = BODY + cast.ci_secret.reveal().encode()
    answer = Answer(application, environ(body))
    assert answer.status == 200
    assert "token" in json.loads(answer.body)


def test_the_application_is_told_the_length() -> None:
    answer = Answer(ChunkedBodies(echo), environ(b"abc"))
    assert (answer.headers["Length"], answer.body) == ("3", b"abc")


def test_an_empty_chunked_body_has_length_zero() -> None:
    answer = Answer(ChunkedBodies(echo), environ(b""))
    assert (answer.headers["Length"], answer.body) == ("0", b"")


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "gzip, chunked"])
def test_every_spelling_of_chunked_is_known(coding: str) -> None:
    values = environ(b"abc", HTTP_TRANSFER_ENCODING=coding)
    assert Answer(ChunkedBodies(echo), values).body == b"abc"


@pytest.mark.parametrize(
    "changed",
    [
        {"HTTP_TRANSFER_ENCODING": None},
        {"wsgi.input_terminated": None},
        {"wsgi.input_terminated": False},
    ],
    ids=["not chunked", "no promise", "no end"],
)
def test_anything_else_is_passed_on_untouched(changed: dict[str, Any]) -> None:
    values = environ(b"abc", **changed)
    answer = Answer(ChunkedBodies(echo), values)
    assert (answer.headers["Length"], answer.body) == ("", b"")
    assert values["wsgi.input"].tell() == 0


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 413)])
def test_the_limit_is_djangos_own(extra: int, status: int, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = Answer(ChunkedBodies(echo), environ(b"x" * (1000 + extra)))
    assert answer.status == status


def test_a_body_over_the_limit_is_refused_without_reading_all_of_it(
    settings: Settings,
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    values = environ(b"x" * 1_000_000)
    answer = Answer(ChunkedBodies(echo), values)
    assert answer.status == 413
    (error,) = json.loads(answer.body)["errors"]
    assert error["message"] == "The body is too large"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Connection"] == "close"
    assert values["wsgi.input"].tell() == 1001


def test_without_a_limit_all_of_it_is_read(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    answer = Answer(ChunkedBodies(echo), environ(b"x" * 3_000_000))
    assert answer.headers["Length"] == "3000000"


def test_the_environment_of_the_server_is_not_changed() -> None:
    values = environ(b"abc")
    Answer(ChunkedBodies(echo), values)
    assert "CONTENT_LENGTH" not in values
