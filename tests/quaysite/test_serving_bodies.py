"""Bodies: whole, or refused for their size, their time or their end."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from quaysite.serving.bodies import BodyRefused, has_body, read_body
from tests.quaysite.loops import result_of
from tests.quaysite.served_requests import Headers

CHUNKED = Headers(("transfer-encoding", "chunked"))


class Body:
    """granian's: chunks and an empty one; `breaks` adds the one of a broken body."""

    def __init__(
        self, *chunks: bytes, breaks: bool = False, seconds: float = 0
    ) -> None:
        self._chunks = [*chunks, *([b""] if breaks else []), b""]
        self._breaks = breaks
        self._seconds = seconds
        self.taken = 0

    async def __call__(self) -> bytes:
        await asyncio.sleep(self._seconds)
        if self._breaks:
            raise RuntimeError("RSGI transport is closed")
        return b"".join(self._chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            await asyncio.sleep(self._seconds)
            self.taken += len(chunk)
            yield chunk


def read(body: Body, headers: Headers, limit: int | None = 10) -> bytes:
    return result_of(read_body(body, headers, limit, seconds=0.2))


def length(number: int) -> Headers:
    return Headers(("content-length", str(number)))


def test_a_body_is_read_whole() -> None:
    assert read(Body(b"ab", b"c"), length(3)) == b"abc"
    assert read(Body(b"ab", b"c"), CHUNKED) == b"abc"
    assert read(Body(b"a" * 99), CHUNKED, limit=None) == b"a" * 99


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (Body(b"a" * 11), length(11), 413),
        (Body(b"a" * 6, b"a" * 6), CHUNKED, 413),
        (Body(b"ab", breaks=True), length(3), 400),
        (Body(b"ab", breaks=True), CHUNKED, 400),
        (Body(b"ab", seconds=5), length(2), 408),
        (Body(b"ab", seconds=5), CHUNKED, 408),
    ],
    ids=["large", "large chunks", "broken", "broken chunks", "slow", "slow chunks"],
)
def test_a_body_is_refused(body: Body, headers: Headers, status: int) -> None:
    with pytest.raises(BodyRefused) as refused:
        read(body, headers)
    assert refused.value.status == status


def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    body = Body(*[b"a" * 6] * 100)
    with pytest.raises(BodyRefused):
        read(body, CHUNKED)
    assert body.taken == 12


@pytest.mark.parametrize(
    ("headers", "expected"),
    [(Headers(), False), (length(0), False), (length(1), True), (CHUNKED, True)],
    ids=["none", "empty", "length", "chunked"],
)
def test_a_request_says_whether_it_has_a_body(headers: Headers, expected: bool) -> None:
    assert has_body(headers) is expected
