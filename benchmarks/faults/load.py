"""Eight clients that ask everything, over and over, until they are told to stop."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.faults.answers import Answer
from benchmarks.faults.cast import Cast
from benchmarks.faults.client import PATIENCE, Client
from benchmarks.faults.questions import QUESTIONS

CONNECTIONS = 8


class Load:
    """Clients at work, each in a thread with a connection of its own."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self.clients = [Client() for _ in range(CONNECTIONS)]
        self._threads = [
            threading.Thread(target=self._work, args=(number, client), daemon=True)
            for number, client in enumerate(self.clients)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Have each client end with the answer that it waits for.

        Raises RuntimeError if one broke: then nothing was shown.
        """
        self._stop.set()
        for thread in self._threads:
            thread.join(4 * PATIENCE)
        if self._failed or any(thread.is_alive() for thread in self._threads):
            raise RuntimeError(f"a client of the load broke: {self._failed}")

    @property
    def answers(self) -> list[Answer]:
        return [answer for client in self.clients for answer in list(client.answers)]

    @property
    def acknowledged(self) -> list[str]:
        return [each for client in self.clients for each in client.acknowledged]

    def _work(self, number: int, client: Client) -> None:
        order = random.Random(number)  # noqa: S311 - no secret
        try:
            while not self._stop.is_set():
                for question in order.sample(QUESTIONS, len(QUESTIONS)):
                    if self._stop.is_set():
                        break
                    question(client, self._cast)
        except BaseException as error:  # noqa: BLE001 - told by `stop`
            self._failed.append(error)
        finally:
            client.close()


@contextmanager
def loading(cast: Cast) -> Iterator[Load]:
    """The load runs in this block, and has ended after it."""
    load = Load(cast)
    load.start()
    try:
        yield load
    finally:
        load.stop()
