"""The threads of a worker: each goes on, whatever a request does."""

import asyncio
import logging
import os
from typing import Any

import pytest

from quaysite.access_log import Answered
from quaysite.serving.bridge import Bridge
from quaysite.serving.threads import Threads
from tests.quaysite.loops import result_of
from tests.quaysite.served_requests import Scope


class Panic(BaseException):
    """What a panic in Rust is in Python."""


@pytest.mark.parametrize("failure", [OSError("no space left"), Panic("broken")])
def test_a_deed_that_fails_ends_no_thread(
    failure: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    def fail() -> None:
        raise failure

    async def run() -> None:
        threads = Threads(asyncio.get_running_loop(), 1)
        for _ in range(3):
            await asyncio.wait_for(threads.do(fail), 10)
        await asyncio.wait_for(threads.do(lambda: done.append(1)), 10)
        threads.stop(5)

    with caplog.at_level(logging.ERROR):
        result_of(run())
    assert done == [1]
    assert caplog.text.count("a request failed") == 3


def test_what_nobody_waits_for_any_more_is_not_done() -> None:
    done: list[str] = []

    async def run() -> None:
        threads = Threads(asyncio.get_running_loop(), 1)
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        first = threads.do(
            lambda: asyncio.run_coroutine_threadsafe(_passed(gate), loop).result(10)
        )
        gone = threads.do(lambda: done.append("gone"))
        last = threads.do(lambda: done.append("last"))
        gone.cancel()
        gate.set()
        await asyncio.wait_for(asyncio.gather(first, last), 10)
        threads.stop(5)

    result_of(run())
    assert done == ["last"]


class Connection:
    """granian's, whose client is `gone` and makes it panic, or takes an answer."""

    def __init__(self, *, gone: bool) -> None:
        self.gone = gone
        self.answered = 0

    def response_bytes(
        self, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        if self.gone:
            raise Panic("no such client")
        self.answered = status


def test_an_answer_that_cannot_be_sent_ends_no_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"true"]

    logged: list[Answered] = []
    bridge = Bridge(application, 1, None, logged.append, os.getppid())
    gone = [Connection(gone=True) for _ in range(3)]
    there = Connection(gone=False)

    async def run() -> None:
        bridge.__rsgi_init__(asyncio.get_running_loop())
        for connection in [*gone, there]:
            asked: Any = connection
            await asyncio.wait_for(bridge.__rsgi__(Scope(), asked), 10)
        bridge._threads.stop(5)

    with caplog.at_level(logging.ERROR):
        result_of(run())
    assert there.answered == 200
    assert [answered.status for answered in logged] == [500, 500, 500, 200]
    assert caplog.text.count("nor could it be told so") == 3


async def _passed(gate: asyncio.Event) -> None:
    await gate.wait()
