"""A request of granian, described as WSGI wants it: names, addresses, texts."""

import pytest

from quaysite.serving.environ import UNREADABLE, address_of, environ_of
from tests.quaysite.served_requests import Scope


def test_what_the_application_is_told() -> None:
    environ = environ_of(Scope(("host", "quay.test"), ("accept", "*/*")), b"")
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["PATH_INFO"] == "/v2/auth"
    assert environ["QUERY_STRING"] == "service=a"
    assert environ["REMOTE_ADDR"] == "10.0.0.7"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8000")
    assert (environ["HTTP_HOST"], environ["HTTP_ACCEPT"]) == ("quay.test", "*/*")
    assert environ["CONTENT_LENGTH"] == ""
    assert environ["wsgi.input"].read() == b""


def test_the_length_is_that_of_the_body_whatever_the_wire_said() -> None:
    wire = [("transfer-encoding", "chunked"), ("content-type", "text/plain")]
    environ = environ_of(Scope(*wire), b"abc")
    assert (environ["CONTENT_LENGTH"], environ["CONTENT_TYPE"]) == ("3", "text/plain")
    assert "HTTP_TRANSFER_ENCODING" not in environ
    assert environ["wsgi.input"].read() == b"abc"


@pytest.mark.parametrize(
    "name", ["x_forwarded_for", "x-forwarded_for", "x_forwarded-for"]
)
def test_a_name_with_an_underscore_never_reaches_the_application(name: str) -> None:
    pairs = [("x-forwarded-for", "9.9.9.9"), (name, "6.6.6.6")]
    for order in (pairs, pairs[::-1]):
        assert environ_of(Scope(*order), b"")["HTTP_X_FORWARDED_FOR"] == "9.9.9.9"


def test_nor_does_a_variable_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_AUTHORIZATION", "Basic YTpi")
    assert "HTTP_AUTHORIZATION" not in environ_of(Scope(), b"")


def test_headers_that_are_sent_twice_are_joined() -> None:
    pairs = [("cookie", "a=1"), ("cookie", "b=2"), ("accept", "x"), ("accept", "y")]
    environ = environ_of(Scope(*pairs), b"")
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x,y"


def test_credentials_that_are_not_ascii_are_there_and_void() -> None:
    environ = environ_of(Scope(("authorization", "Basic é")), b"")
    assert environ["HTTP_AUTHORIZATION"] == UNREADABLE


def test_a_path_is_bytes_in_the_shape_of_a_text() -> None:
    environ = environ_of(Scope(path="/é"), b"")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"


def test_the_host_of_the_line_stands_in_for_a_missing_header() -> None:
    assert environ_of(Scope(authority="a"), b"")["HTTP_HOST"] == "a"
    both = environ_of(Scope(("host", "b"), authority="a"), b"")
    assert both["HTTP_HOST"] == "b"
    assert "HTTP_HOST" not in environ_of(Scope(), b"")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", ("127.0.0.1", "80")),
        ("[::1]:80", ("::1", "80")),
        ("unix:/run/quaysite.sock", ("", "")),
        ("localhost", ("", "")),
    ],
)
def test_addresses(text: str, address: tuple[str, str]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-proto"])
def test_what_a_proxy_says_and_nobody_can_read_is_not_left_out(name: str) -> None:
    """Left out, the proxy's own address would count for the client's."""
    environ = environ_of(Scope((name, "\xe9, 9.9.9.9")), b"")
    assert environ[f"HTTP_{name.replace('-', '_').upper()}"] == UNREADABLE


def test_a_query_reaches_the_application_as_bytes() -> None:
    environ = environ_of(Scope(query_string="next=\u20ac"), b"")
    assert environ["QUERY_STRING"].encode("latin-1").decode() == "next=\u20ac"


def test_a_header_with_a_name_that_nobody_has_is_left_out() -> None:
    environ = environ_of(Scope(("a" * 101, "1"), ("a" * 100, "2")), b"")
    assert environ["HTTP_" + "A" * 100] == "2"
    assert "HTTP_" + "A" * 101 not in environ
