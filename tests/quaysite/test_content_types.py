"""What a client may say of its body's encoding: UTF-8, or nothing."""

import io
import json
from typing import Any

import pytest

from quaysite.content_types import Utf8Only
from quaysite.wsgi import application
from tests.quaysite.test_chunked import Answer, environ, kept_connection

__all__ = ["kept_connection"]


def received_type(content_type: str | None) -> str:
    """The type that reaches the application behind the middleware."""
    seen: list[str] = []

    def inner(values: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(values.get("CONTENT_TYPE", ""))
        start_response("200 OK", [])
        return []

    answer = Answer(Utf8Only(inner), environ(b"", CONTENT_TYPE=content_type))
    assert answer.status == 200
    return seen[0]


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (None, ""),
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/json;charset=UTF8", "application/json"),
        ("text/plain; charset*=utf-8''utf-8", "text/plain"),
        ("text/plain; format=flowed", "text/plain"),
        ("multipart/form-data; boundary=xyz", 'multipart/form-data; boundary="xyz"'),
    ],
)
def test_utf8_is_dropped_and_the_boundary_is_kept(
    sent: str | None, received: str
) -> None:
    assert received_type(sent) == received


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain; charset=base64",
        "text/plain; charset=rot13",
        "text/plain; charset=latin-1",
        "text/plain; charset=no-such-charset",
        "text/plain; charset=a\x00b",
        "text/plain; charset*=none''x",
        "text/plain; x*=no-such''x",
        'multipart/form-data; boundary="a\\"b"',
    ],
)
@pytest.mark.parametrize("path", ["/v2/auth", "/healthz", "/admin/"])
def test_any_other_is_415_on_every_path(path: str, content_type: str) -> None:
    values = environ(b"", CONTENT_TYPE=content_type, PATH_INFO=path)
    answer = Answer(application, {**values, "QUERY_STRING": "scope=x"})
    assert answer.status == 415
    assert "UTF-8" in json.loads(answer.body)["message"]


@pytest.mark.usefixtures("db", "kept_connection")
def test_too_many_parameters_beside_a_charset_are_no_server_error() -> None:
    values = environ(
        b"",
        REQUEST_METHOD="GET",
        CONTENT_TYPE="text/plain; charset=utf-8",
        QUERY_STRING="&".join(f"p{n}=1" for n in range(1001)),
    )
    answer = Answer(application, {**values, "wsgi.input": io.BytesIO()})
    assert answer.status == 400
    assert json.loads(answer.body)["errors"][0]["code"] == "INVALID_REQUEST"
