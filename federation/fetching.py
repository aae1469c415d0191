"""The one outbound request: an issuer's documents, and what a sign-in needs.

A URL comes from whoever may write a trust, so the other end is taken for hostile. It
never chooses where the site connects to, nor how long it waits, nor how much it reads.
"""

import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from federation import conf
from federation.addresses import Address, is_internal, is_loopback, is_public, parse
from federation.destinations import Destination, UrlInvalid, destination

logger = logging.getLogger(__name__)

MAX_SECONDS = 5.0
"""For everything: name, connection, encryption, answer."""

MAX_BYTES = 64 * 1024
"""Of an answer's body."""

_HEADERS = {
    "Accept": "application/json, application/jwk-set+json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "Quaysite",
}
_TOO_LONG = "it took too long"
_NO_ADDRESS = "its host has no address that may be asked"
"""Whoever may write a trust is not told which names a private network has."""

_JSON = re.compile(r"application/(json|[a-z0-9.-]+\+json)")


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes along: a form makes it a POST; `authorization` is that header.

    Both may hold secrets, for a URL that the operator trusts with them.
    """

    form: Mapping[str, str] | None = field(default=None, repr=False)
    authorization: str = field(default="", repr=False)

    @property
    def method(self) -> str:
        return "GET" if self.form is None else "POST"

    @property
    def body(self) -> bytes | None:
        return None if self.form is None else urlencode(self.form).encode()

    @property
    def headers(self) -> dict[str, str]:
        headers = dict(_HEADERS)
        if self.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.authorization:
            headers["Authorization"] = self.authorization
        return headers


NOTHING = Sending()


class FetchFailed(Exception):
    """No document; `reason` says what failed and repeats nothing of an answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def is_slow(self) -> bool:
        return self.reason == _TOO_LONG


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._at

    def left(self) -> float:
        """Seconds that are left; TimeoutError when none are."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def fetch_json(
    url: str,
    *,
    internal: bool = False,
    seconds: float = MAX_SECONDS,
    sending: Sending = NOTHING,
) -> str:
    """The text of the JSON document at `url`. Raises FetchFailed, and only that.

    Plain HTTP is for loopback addresses, where a setting allows it. `internal` allows
    private addresses too. `seconds` is how long all of it may take.
    """
    until = _Deadline(seconds)
    try:
        return _fetched(destination(url), internal, until, sending)
    except FetchFailed:
        raise
    except UrlInvalid as error:
        raise FetchFailed(str(error)) from None
    # What a hostile answer does to a library is not known beforehand, and no login
    # may end in an error of ours.
    except Exception as error:
        raise FetchFailed(_TOO_LONG if until.is_over else _said(error)) from None


def _fetched(
    to: Destination, internal: bool, until: _Deadline, sending: Sending
) -> str:
    if not to.is_encrypted and not conf.allows_loopback_http():
        raise FetchFailed("only https is asked")
    context = _tls_context() if to.is_encrypted else None
    addresses = _resolved(to, until)
    for address in addresses:
        _check_address(address, to, internal)
    with closing(_connected(_one_of_each_family(addresses), to.port, until)) as line:
        if context is None:
            return _asked(to, line, until, sending)
        # The handshake as a whole takes no longer than the socket's timeout.
        line.settimeout(until.left())
        with context.wrap_socket(line, server_hostname=to.host) as encrypted:
            return _asked(to, encrypted, until, sending)


def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if (path := conf.ca_file()) is not None:
        try:
            context.load_verify_locations(path)
        except OSError:
            raise FetchFailed("FEDERATION_CA_FILE cannot be read") from None
    return context


def _resolved(to: Destination, until: _Deadline) -> list[Address]:
    """Every address of the host, asked for once. A resolver cannot be told to hurry."""
    found: SimpleQueue[list[Any] | Exception] = SimpleQueue()
    threading.Thread(target=_look_up, args=(to, found), daemon=True).start()
    try:
        answer = found.get(timeout=until.left())
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception) or not answer:
        logger.info("%s has no address", to.host)
        raise FetchFailed(_NO_ADDRESS)
    return [parse(socket_address[0]) for *_, socket_address in answer]


def _look_up(to: Destination, found: "SimpleQueue[list[Any] | Exception]") -> None:
    try:
        found.put(socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM))
    # Whatever it is, whoever waits is to know.
    except Exception as error:
        found.put(error)


def _check_address(address: Address, to: Destination, internal: bool) -> None:
    """Raise FetchFailed in the words for a name that has no address at all."""
    if not to.is_encrypted:
        if not is_loopback(address):
            logger.info("%s has an address that is not asked without https", to.host)
            raise FetchFailed(_NO_ADDRESS)
    elif not is_public(address) and not (internal and is_internal(address)):
        logger.info("%s has an address that is never asked", to.host)
        raise FetchFailed(_NO_ADDRESS)


def _one_of_each_family(addresses: list[Address]) -> list[Address]:
    """In the resolver's order; a machine may have no route to one of the families."""
    first: dict[int, Address] = {}
    for address in addresses:
        first.setdefault(address.version, address)
    return list(first.values())


def _connected(addresses: list[Address], port: int, until: _Deadline) -> socket.socket:
    """A connection to one of the addresses that were checked, and to no other."""
    *others, last = addresses
    for address in others:
        with suppress(OSError):
            return _reached(address, port, until.left() / 2)
    return _reached(last, port, until.left())


def _reached(address: Address, port: int, seconds: float) -> socket.socket:
    line = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        line.settimeout(seconds)
        line.connect((str(address), port))
    except BaseException:
        line.close()
        raise
    return line


def _asked(
    to: Destination, line: socket.socket, until: _Deadline, sending: Sending
) -> str:
    kind = HTTPSConnection if to.is_encrypted else HTTPConnection
    with (
        closing(kind(to.host, to.port, timeout=until.left())) as connection,
        _cut_off(line, until),
    ):
        connection.sock = line
        connection.request(
            sending.method,
            to.target,
            body=sending.body,
            headers=sending.headers,
            preload_content=False,
            decode_content=False,
        )
        with closing(connection.getresponse()) as response:
            # A head that was cut off reads like one that is whole.
            until.left()
            _check_head(response)
            body = _body(response)
    until.left()
    return body.decode()


@contextmanager
def _cut_off(line: socket.socket, until: _Deadline) -> Iterator[None]:
    """Hang up when time is over: each byte of a slow drip begins a new timeout."""
    timer = threading.Timer(until.left(), _hang_up, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        # Not the method of an SSLSocket: that would take the encryption away from
        # under the thread that reads.
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _check_head(response: HTTPResponse) -> None:
    if response.status != 200:
        raise FetchFailed(f"it answered {response.status}; only 200 counts")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise FetchFailed("its answer is compressed")
    kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not _JSON.fullmatch(kind):
        raise FetchFailed("its answer is not JSON, by its content type")


def _body(response: HTTPResponse) -> bytes:
    body = b""
    while piece := response.read(MAX_BYTES + 1 - len(body)):
        body += piece
        if len(body) > MAX_BYTES:
            raise FetchFailed(f"its answer has more than {MAX_BYTES} bytes")
    return body


def _said(error: Exception) -> str:
    """What an error says of itself; texts of HTTP errors repeat what was answered."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"its answer makes no sense ({type(error).__name__})"
