"""The threads of a worker process: each answers one request at a time.

Lighter than an executor of the standard library, whose futures cost a tenth of a
token. The threads live as long as the process, and so do their connections.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

logger = logging.getLogger(__name__)

Job = tuple[Callable[[], None], asyncio.Future[None]]


class Threads:
    """Deeds of an event loop, done in `count` threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"request-{number}", daemon=True)
            for number in range(1, count + 1)
        ]
        for thread in self._threads:
            thread.start()

    def do(self, deed: Callable[[], None]) -> asyncio.Future[None]:
        """Have a thread do it, in turn; the future is done when the deed is."""
        done = self._loop.create_future()
        self._jobs.put((deed, done))
        return done

    def stop(self, seconds: float) -> None:
        """Let each thread finish what was given to it, for `seconds` altogether."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(seconds / len(self._threads))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            deed, done = job
            if done.cancelled():
                continue  # The client is gone.
            try:
                deed()
            except BaseException:  # noqa: BLE001 - also a panic of granian, in Rust
                # The thread must live: nobody starts another one in its place.
                logger.exception("a request failed")
            finally:
                self._loop.call_soon_threadsafe(_finish, done)


def _finish(done: asyncio.Future[None]) -> None:
    # A client that went away has cancelled it.
    if not done.done():
        done.set_result(None)
