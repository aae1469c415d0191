"""Pulls and pushes without a pause, at the one of two registries that is in use."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Condition, Event

from tests.e2e.accounts import Account
from tests.e2e.clients import Skopeo
from tests.e2e.registry_client import Route, pull, push

AT_ONCE = 8
"""Threads that talk HTTP; one more calls skopeo."""

PATIENCE = 120

Operation = Callable[[Route], str]


@dataclass(frozen=True)
class Done:
    """What went well: the key is empty where a client does not show its token."""

    what: str
    route: Route
    key: str


@dataclass
class Load:
    """Operations on two repositories, by somebody who may push to both.

    skopeo has one of its own: while it moves a tag, a registry with files answers a
    pull of that tag with 500 now and then.

    Tokens come from each of `servers` in turn. An operation stays at the registry that
    was in use when it began, as behind a proxy that lets connections end.
    """

    servers: tuple[str, str]
    service: str
    registry: str
    who: Account
    repository: str
    other_repository: str
    skopeo: Skopeo
    done: list[Done] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _busy: Counter[str] = field(default_factory=Counter)
    _changed: Condition = field(default_factory=Condition)
    _over: Event = field(default_factory=Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """At work during this block."""
        with ThreadPoolExecutor(AT_ONCE + 1) as pool:
            jobs = [pool.submit(self._by_http, n) for n in range(AT_ONCE)]
            jobs.append(pool.submit(self._by_skopeo))
            try:
                yield
            finally:
                self._over.set()
        for job in jobs:
            job.result()

    def goes_on(self, operations: int) -> None:
        """Return once so many more have ended, well or not."""
        with self._changed:
            wanted = self._ended() + operations
            assert self._changed.wait_for(lambda: self._ended() >= wanted, PATIENCE)

    def switch_to(self, registry: str) -> None:
        """Begin operations there, and return once none is at the other one."""
        with self._changed:
            old, self.registry = self.registry, registry
            assert self._changed.wait_for(lambda: not self._busy[old], PATIENCE)

    def wait_for_key(self, key: str) -> None:
        """Return once both servers sign with it; each worker finds out by itself."""
        deadline = time.monotonic() + PATIENCE
        while True:
            newest = self.done[-AT_ONCE * 4 :]
            found = {(one.route.server, one.key) for one in newest if one.key}
            if found == {(server, key) for server in self.servers}:
                return
            assert time.monotonic() < deadline, found
            self.goes_on(AT_ONCE)

    def _ended(self) -> int:
        return len(self.done) + len(self.failures)

    def _by_http(self, number: int) -> None:
        for turn in count(number):
            if self._over.is_set():
                return
            what = push if turn % 2 else pull
            # So that each server gives tokens for pulls and for pushes.
            server = self.servers[turn // 2 % 2]
            deed = partial(what, who=self.who, repository=self.repository)
            self._do(what.__name__, server, deed)

    def _by_skopeo(self) -> None:
        while not self._over.is_set():
            # Which server it asks is said by the registry's challenge.
            self._do("skopeo", "", self._log_in_push_and_pull)

    def _log_in_push_and_pull(self, route: Route) -> str:
        self.skopeo.registry = route.registry
        outcomes = [
            self.skopeo.login(self.who),
            self.skopeo.push(self.other_repository),
            self.skopeo.pull(self.other_repository),
        ]
        for outcome in outcomes:
            if outcome.code:
                raise RuntimeError(outcome.text)
        return ""

    def _do(self, what: str, server: str, operation: Operation) -> None:
        with self._changed:
            route = Route(server, self.service, self.registry)
            self._busy[route.registry] += 1
        failure, key = "", ""
        try:
            key = operation(route)
        # Whatever went wrong, the client did not get what it came for.
        except Exception as error:
            failure = f"{what} at {route.registry}: {type(error).__name__}: {error}"
        with self._changed:
            self._busy[route.registry] -= 1
            if failure:
                self.failures.append(failure)
            else:
                self.done.append(Done(what, route, key))
            self._changed.notify_all()
