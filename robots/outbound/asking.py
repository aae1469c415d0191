"""The one outbound request: resolving, checking, connecting, asking, within a time.

The other end is taken for hostile, whoever named it. It never chooses where the site
connects to, nor how long it waits; what reads the answer bounds how much is read. No
redirect is followed, and no proxy of the environment is asked.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from robots.outbound.addresses import (
    Address,
    is_internal,
    is_loopback,
    is_public,
    parse,
)
from robots.outbound.destinations import Destination, UrlInvalid, destination

logger = logging.getLogger(__name__)

PLAIN = {
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "Quaysite",
}
"""Headers of every request."""

_TOO_LONG = "it took too long"
_NO_ADDRESS = "its host has no address that may be asked"
"""Whoever may write a trust is not told which names a private network has."""

_Answer = TypeVar("_Answer")


class FetchFailed(Exception):
    """No answer; `reason` says what failed and repeats nothing of what was answered."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def is_slow(self) -> bool:
        return self.reason == _TOO_LONG


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be asked beside public addresses over https, and for how long.

    `internal` allows private addresses, `loopback_http` plain HTTP with this machine.
    `context` makes what certificates are judged by; it may raise FetchFailed.
    """

    seconds: float
    internal: bool
    loopback_http: bool
    context: Callable[[], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent; body and headers may hold secrets."""

    method: str
    body: bytes | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


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


def ask(
    url: str, rules: Rules, sent: Sent, read: Callable[[HTTPResponse], _Answer]
) -> _Answer:
    """What `read` makes of the answer. Raises FetchFailed, and only that."""
    until = _Deadline(rules.seconds)
    try:
        to = destination(url)
        with (
            _line(to, rules, until) as line,
            _exchange(to, line, until, sent) as response,
        ):
            answer = read(response)
        until.left()
        return answer
    except FetchFailed:
        raise
    except UrlInvalid as error:
        raise FetchFailed(str(error)) from None
    # What a hostile answer does to a library is not known beforehand, and no login
    # may end in an error of ours.
    except Exception as error:
        raise FetchFailed(_TOO_LONG if until.is_over else _said(error)) from None


def body_of(response: HTTPResponse, most: int) -> bytes:
    """At most that many bytes. Raises FetchFailed for more, or if it is compressed."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise FetchFailed("its answer is compressed")
    body = bytearray()
    while piece := response.read(most + 1 - len(body)):
        body += piece
        if len(body) > most:
            raise FetchFailed(f"its answer has more than {most} bytes")
    return bytes(body)


@contextmanager
def _line(to: Destination, rules: Rules, until: _Deadline) -> Iterator[socket.socket]:
    if not to.is_encrypted and not rules.loopback_http:
        raise FetchFailed("only https is asked")
    context = rules.context() if to.is_encrypted else None
    addresses = _resolved(to, until)
    for address in addresses:
        _check_address(address, to, rules.internal)
    with closing(_connected(_one_of_each_family(addresses), to.port, until)) as line:
        if context is None:
            yield line
            return
        # The handshake as a whole takes no longer than the socket's timeout.
        line.settimeout(until.left())
        with context.wrap_socket(line, server_hostname=to.host) as encrypted:
            yield encrypted


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


@contextmanager
def _exchange(
    to: Destination, line: socket.socket, until: _Deadline, sent: Sent
) -> Iterator[HTTPResponse]:
    """Ask over `line`, and have the head of the answer."""
    kind = HTTPSConnection if to.is_encrypted else HTTPConnection
    with (
        closing(kind(to.host, to.port, timeout=until.left())) as connection,
        _cut_off(line, until),
    ):
        connection.sock = line
        connection.request(
            sent.method,
            to.target,
            body=sent.body,
            headers={**PLAIN, **sent.headers},
            preload_content=False,
            decode_content=False,
        )
        with closing(connection.getresponse()) as response:
            # A head that was cut off reads like one that is whole.
            until.left()
            yield response


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


def _said(error: Exception) -> str:
    """What an error says of itself; texts of HTTP errors repeat what was answered."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"its answer makes no sense ({type(error).__name__})"
