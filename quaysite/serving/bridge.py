"""granian's interface (RSGI) on one side, a WSGI application on the other."""

import asyncio
import atexit
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import Any, Protocol
from wsgiref.types import WSGIApplication

from quaysite.access_log import Answered
from quaysite.serving.bodies import Body, BodyRefused, has_body, read_body
from quaysite.serving.environ import Scope, address_of, environ_of
from quaysite.serving.parent import end_with_parent
from quaysite.serving.threads import Threads
from robots.origin import REQUEST_ID_META
from robots.outage import RETRY_AFTER

logger = logging.getLogger(__name__)

BODY_SECONDS = 20
"""How long a client may take to send a body."""

STOP_SECONDS = 5
"""How long threads may go on after the last connection was closed."""

BODIES_AT_ONCE = 64
"""Bodies that a worker reads at a time: each of them may be kept whole in memory."""

_AT_ONCE = 1024 * 1024
"""Bytes of an answer that are collected before it is sent part by part."""

ResponseHeaders = list[tuple[str, str]]


class Stream(Protocol):
    """An answer of which granian sends each part as it comes."""

    def send_bytes(self, data: bytes) -> Any: ...


class Connection(Body, Protocol):
    """granian's protocol object: the body of a request, and its answer."""

    def response_bytes(
        self, status: int, headers: ResponseHeaders, body: bytes
    ) -> None: ...

    def response_stream(self, status: int, headers: ResponseHeaders) -> Stream: ...


class Bridge:
    """An RSGI application. `log` is told of each request.

    It ends with the process whose id is `parent`.
    """

    def __init__(
        self,
        application: WSGIApplication,
        threads: int,
        body_limit: int | None,
        log: Callable[[Answered], None],
        parent: int,
    ) -> None:
        self._application = application
        self._count = threads
        self._limit = body_limit
        self._log = log
        self._reading = 0
        self._parent = parent
        self._loop: asyncio.AbstractEventLoop
        self._threads: Threads

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads of this process, once it has forked."""
        end_with_parent(self._parent)
        self._loop = loop
        self._threads = Threads(loop, self._count)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End cleanly. A forked process runs no exit functions by itself."""
        self._threads.stop(STOP_SECONDS)
        atexit._run_exitfuncs()

    async def __rsgi__(self, scope: Scope, connection: Connection) -> None:
        began = time.perf_counter()
        body = b""
        if has_body(scope.headers):
            try:
                body = await self._read(scope, connection)
            except BodyRefused as refused:
                self._refuse(scope, connection, refused, began)
                return
        await self._threads.do(partial(self._answer, scope, connection, body, began))

    async def _read(self, scope: Scope, connection: Connection) -> bytes:
        """The body. Raises BodyRefused, also where too many are being read already."""
        if self._reading >= BODIES_AT_ONCE:
            raise BodyRefused(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are being sent"
            )
        self._reading += 1
        try:
            return await read_body(connection, scope.headers, self._limit, BODY_SECONDS)
        finally:
            self._reading -= 1

    def _answer(
        self, scope: Scope, connection: Connection, body: bytes, began: float
    ) -> None:
        """Answer one request, in a thread. Raises nothing."""
        status, size, environ = 500, 0, dict[str, Any]()
        try:
            environ = environ_of(scope, body)
            status, size = self._send(connection, environ)
        except BaseException:  # noqa: BLE001 - also a panic of granian, in Rust
            logger.exception("no answer to a %s request", scope.method)
            _send_failure(connection)
        self._note(scope, status, size, began, environ.get(REQUEST_ID_META, ""))

    def _send(self, connection: Connection, environ: dict[str, Any]) -> tuple[int, int]:
        """Status and size of what the application answered, and was sent."""
        head: list[tuple[int, ResponseHeaders]] = []

        def start_response(
            status: str, headers: ResponseHeaders, exc_info: Any = None
        ) -> Callable[[bytes], object]:
            head[:] = [(int(status[:3]), headers)]
            return _no_write

        parts = self._application(environ, start_response)
        try:
            first, rest = _beginning(parts)
            status, headers = head[0]
            if rest is None:
                connection.response_bytes(status, headers, first)
                return status, len(first)
            stream = connection.response_stream(status, headers)
            return status, self._send_parts(stream, first, rest)
        finally:
            if close := getattr(parts, "close", None):
                close()

    def _send_parts(self, stream: Stream, first: bytes, rest: Iterable[bytes]) -> int:
        """Send each in turn; their size. What the client does not take is kept."""
        size = 0
        for part in chain([first], rest):
            asyncio.run_coroutine_threadsafe(_sent(stream, part), self._loop).result()
            size += len(part)
        return size

    def _refuse(
        self, scope: Scope, connection: Connection, refused: BodyRefused, began: float
    ) -> None:
        text = (
            '{"errors": [{"code": "INVALID_REQUEST", "detail": {},'
            f' "message": "{refused.reason}"}}]}}'
        ).encode()
        headers = [("Content-Type", "application/json"), ("Connection", "close")]
        if refused.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("Retry-After", str(RETRY_AFTER)))
        connection.response_bytes(refused.status, headers, text)
        self._note(scope, refused.status, len(text), began)

    def _note(
        self,
        scope: Scope,
        status: int,
        size: int,
        began: float,
        request_id: str = "",
    ) -> None:
        ms = int((time.perf_counter() - began) * 1000)
        address, _ = address_of(scope.client)
        protocol = f"HTTP/{scope.http_version}"
        method, path = scope.method, scope.path
        # A full disk, or a reader of the log that went away, stops no request.
        with suppress(OSError, ValueError):
            self._log(
                Answered(address, method, path, protocol, status, size, ms, request_id)
            )


def _send_failure(connection: Connection) -> None:
    """Answer 500, unless the client is gone or has part of another answer."""
    try:
        connection.response_bytes(500, [("Content-Length", "0")], b"")
    except BaseException:  # noqa: BLE001 - as above
        logger.exception("nor could it be told so")


def _beginning(parts: Iterable[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """All of a short answer and None; of a long one its beginning, and the rest."""
    if isinstance(parts, list):
        return b"".join(parts), None
    rest, collected, size = iter(parts), [], 0
    for part in rest:
        collected.append(part)
        size += len(part)
        if size > _AT_ONCE:
            return b"".join(collected), rest
    return b"".join(collected), None


async def _sent(stream: Stream, part: bytes) -> None:
    await stream.send_bytes(part)


def _no_write(data: bytes) -> None:
    raise NotImplementedError("WSGI's write() is not offered")
