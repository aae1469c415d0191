"""The threads of a worker: each goes on, whatever a request does."""

import asyncio
import logging

import pytest

from quaysite.serving.threads import Threads
from tests.quaysite.loops import result_of


def test_a_deed_that_fails_ends_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def fail() -> None:
        raise OSError("no space left")

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


async def _passed(gate: asyncio.Event) -> None:
    await gate.wait()
