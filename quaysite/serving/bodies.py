"""Bodies of requests: whole, bounded in size and in time, before a thread is taken.

So a client that sends slowly holds a connection, and no thread that could answer
others. skopeo and podman send theirs in chunks, without a length.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

from quaysite.serving.environ import Headers


class Body(Protocol):
    """The parts of granian's protocol object that read."""

    def __call__(self) -> Awaitable[bytes]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class BodyRefused(Exception):
    """`status` and `reason` are the answer; the connection is good for no more."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class Incomplete(Exception):
    """The body broke off, or its chunks are no chunks."""


def has_body(headers: Headers) -> bool:
    """Whether a request announces a body."""
    length = headers.get("content-length")
    return "transfer-encoding" in headers or (length is not None and length != "0")


async def read_body(
    body: Body, headers: Headers, limit: int | None, seconds: float
) -> bytes:
    """The body. Raises BodyRefused: over `limit` bytes, over `seconds`, or broken."""
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        length = None
    if length is not None and limit is not None and int(length) > limit:
        raise BodyRefused(413, "The body is too large")
    try:
        async with asyncio.timeout(seconds):
            if length is not None:
                return await body()
            return await _chunks(body, limit)
    except TimeoutError:
        raise BodyRefused(408, "The body took too long") from None
    except (Incomplete, RuntimeError):
        # granian's errors of the transport are RuntimeErrors.
        raise BodyRefused(400, "The body is incomplete") from None


async def _chunks(body: Body, limit: int | None) -> bytes:
    """All chunks together. Raises BodyRefused over `limit`, and Incomplete.

    granian ends a body with an empty chunk. A broken one gives an empty chunk where
    it broke, and then that of the end.
    """
    parts: list[bytes] = []
    size, ends = 0, 0
    async for part in body:
        size += len(part)
        if limit is not None and size > limit:
            raise BodyRefused(413, "The body is too large")
        ends += not part
        parts.append(part)
    if ends > 1:
        raise Incomplete
    return b"".join(parts)
