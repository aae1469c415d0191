"""A request of granian as WSGI (PEP 3333) describes one.

granian can call a WSGI application itself, but not safely here: of `X-Forwarded-For`
and `X_Forwarded_For` it lets the later one stand, so that a client behind a proxy
could choose its own address, and it mixes in the variables of the process.
"""

import sys
from functools import lru_cache
from io import BytesIO
from typing import Any, Protocol


class Headers(Protocol):
    """Names in lower case; `items` leaves out values that are not ASCII."""

    def items(self) -> list[tuple[str, str]]: ...

    def __contains__(self, name: str) -> bool: ...

    def get(self, name: str) -> str | None: ...


class Scope(Protocol):
    """What granian's interface RSGI says about a request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


UNREADABLE = "unreadable"
"""Stands for a value that is not ASCII: present, and good for nothing."""

_NEVER_DROPPED = ("authorization", "x-forwarded-for", "x-forwarded-proto")
"""Without the first it would be nobody's request, and get what anybody may; without
the others the proxy's own address and scheme would count for the client's."""

_LONGEST_NAME = 100
"""Characters of a header's name; no header that anything reads has a longer one."""

_SAME_FOR_ALL = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """The WSGI environment of a request whose whole body is `body`.

    The body has a length whatever the client sent, and no transfer coding.
    """
    server_name, server_port = address_of(scope.server)
    client, client_port = address_of(scope.client)
    environ = {
        **_SAME_FOR_ALL,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": wsgi_text(scope.path),
        "QUERY_STRING": wsgi_text(scope.query_string),
        "SERVER_NAME": server_name,
        "SERVER_PORT": server_port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client,
        "REMOTE_PORT": client_port,
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
    }
    _add_headers(environ, scope.headers)
    if "HTTP_HOST" not in environ and scope.authority is not None:
        environ["HTTP_HOST"] = scope.authority
    environ["CONTENT_LENGTH"] = str(len(body)) if body else ""
    return environ


def _add_headers(environ: dict[str, Any], headers: Headers) -> None:
    for name, value in headers.items():
        key = _key(name) if len(name) <= _LONGEST_NAME else None
        if key is None:
            continue
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            value = f"{environ[key]}{separator}{value}"
        environ[key] = value
    for name in _NEVER_DROPPED:
        key = f"HTTP_{name.replace('-', '_').upper()}"
        if key not in environ and name in headers:
            environ[key] = UNREADABLE


@lru_cache(maxsize=512)
def _key(name: str) -> str | None:
    """The variable of a header; None for one that must not reach the application.

    A name with an underscore is a disguise of another one (CVE-2015-0219), and
    length and coding are those of the wire.
    """
    if "_" in name or name in {"content-length", "transfer-encoding"}:
        return None
    if name == "content-type":
        return "CONTENT_TYPE"
    return f"HTTP_{name.replace('-', '_').upper()}"


def address_of(text: str) -> tuple[str, str]:
    """Host and port of `127.0.0.1:80` or `[::1]:80`; no port for a Unix socket."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal():
        return "", ""
    return host.removeprefix("[").removesuffix("]"), port


def wsgi_text(text: str) -> str:
    """A text whose UTF-8 bytes are its characters, as WSGI wants them."""
    return text if text.isascii() else text.encode().decode("latin-1")
