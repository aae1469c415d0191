"""How often logins failed, and who has to wait therefore (design rule R12, case S-26).

Failures are counted by the pair of user name and source, whether or not anybody has
that name. A pair that failed LOGIN_FAILURE_LIMIT times in a window waits until the
window ends. So guesses from elsewhere stop nobody, and the pair's own client is stopped
for LOGIN_FAILURE_WINDOW seconds at most.

Windows begin at the same moments for every process. Each process counts for itself, and
in the shared cache where there is one; the greater count holds, so a cache that is down
or was emptied leaves what this process saw.

A right secret costs nothing: as long as nobody waits it meets an empty set, and never
the cache. What another process blocked is learnt with this one's next failure of that
pair. So a pair has one try more in each further process, which is of no use: a robot's
secret has 64 random characters (330 bits), an application's more, and a token that an
issuer signed is not guessed. Passwords are: for them the shared count is asked before
each is hashed, and what overshoots is what is being hashed at that moment.

Who changes names from one source meets LOGIN_FAILURE_ADDRESS_LIMIT. It refuses what
fails, and passwords before they are looked at; a right robot secret, application secret
or token passes, so that a client behind the same address (NAT) as an attacker is served
unless it is the very pair. Passwords are counted apart from the rest. Of a source that
waits nothing more is counted: the names that it makes up fill no memory.

Of whoever has no known source all are one. Their right secrets always pass, or anybody
who can hide an address would stop a robot; passwords wait by name, or they would be
guessed without end.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence

from robots import conf, login_blocks
from robots.errors import LoginBlocked
from robots.login_attempt import Attempt, Shown
from robots.shared_cache import shared_cache
from robots.window_counts import WindowCounts

MOST_COUNTED = 20_000
"""Pairs and sources that one process counts in a window: some megabytes."""

_PREFIX = "failed-logins"

Limits = dict[str, int]
"""By what an attempt is counted, and how many failures each has."""


class FailedLogins:
    """Failures of one process, and what it knows of others'; for several threads.

    `clock` says the seconds since the epoch; tests have their own.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.forget()

    def check(self, attempt: Attempt) -> None:
        """Raise LoginBlocked if what is shown is not to be looked at now."""
        is_password = attempt.shown is Shown.PASSWORD
        if not self._blocked and not is_password:
            return
        window = self._present()
        if is_password:
            limits = self._limits(attempt)
            self._learn(window, limits)
        else:
            limits = self._pair(attempt) if attempt.source else {}
        if not self._blocked.isdisjoint(limits):
            self._refuse(window)

    def note(self, attempt: Attempt) -> None:
        """Count an attempt that showed a wrong secret.

        Raises LoginBlocked in place of the answer that it was wrong if it was one too
        many: the one that reaches the limit is still told so.
        """
        window, limits = self._present(), self._limits(attempt)
        if self._blocked and attempt.source and attempt.source_key() in self._blocked:
            self._refuse(window)
        counts = self._count(window, limits)
        self._block(window, attempt, limits, counts)
        if any(counts[key] > limit for key, limit in limits.items()):
            self._refuse(window)

    def blocked(self) -> int:
        """How many pairs and sources this process has waiting now."""
        self._present()
        return len(self._blocked)

    def forget(self) -> None:
        """As if nothing had failed in this process."""
        self.refused = 0
        self._lock = threading.Lock()
        self._counts = WindowCounts(MOST_COUNTED)
        self._window = -1
        self._blocked: set[str] = set()

    def _limits(self, attempt: Attempt) -> Limits:
        limits = self._pair(attempt)
        most = conf.login_failure_address_limit()
        if most and attempt.source:
            limits[attempt.source_key()] = most
        return limits

    def _pair(self, attempt: Attempt) -> Limits:
        """None for a token: everybody shows theirs beside the same name."""
        most = conf.login_failure_limit()
        if not most or attempt.shown is Shown.TOKEN:
            return {}
        return {attempt.pair_key(): most}

    def _present(self) -> int:
        """The number of the present window; nobody waits any more in a new one."""
        window = int(self.clock() // conf.login_failure_window())
        if window != self._window:
            with self._lock:
                self._window, self._blocked = window, set()
        return window

    def _count(self, window: int, limits: Limits) -> dict[str, int]:
        keys = list(limits)
        with self._lock:
            own = self._counts.add(window, keys)
        shared = self._shared(window, keys, conf.login_failure_window()) or own
        counts = {key: max(both) for key, *both in zip(keys, own, shared, strict=True)}
        self._raise_to(window, counts)
        return counts

    def _shared(self, window: int, keys: list[str], seconds: int) -> list[int] | None:
        if not keys or not shared_cache.is_shared():
            return None
        return shared_cache.add_up(_named(window, keys), seconds)

    def _learn(self, window: int, limits: Limits) -> None:
        """Ask what all processes counted, unless this one knows enough."""
        if not limits or not self._blocked.isdisjoint(limits):
            return
        if not shared_cache.is_shared():
            return
        totals = shared_cache.totals(_named(window, list(limits)))
        counts = dict(zip(limits, totals or (), strict=False))
        self._raise_to(window, counts)
        self._add_blocked(window, limits, counts)

    def _raise_to(self, window: int, counts: dict[str, int]) -> None:
        with self._lock:
            for key, count in counts.items():
                self._counts.raise_to(window, key, count)

    def _add_blocked(
        self, window: int, limits: Limits, counts: dict[str, int]
    ) -> set[str]:
        """Let those that have reached their limit wait; answers which are new."""
        full = {key for key, count in counts.items() if count >= limits[key]}
        with self._lock:
            if window != self._window:
                return set()  # It ended meanwhile, and so did every wait.
            new = full - self._blocked
            while self._blocked and len(self._blocked) + len(new) > MOST_COUNTED:
                self._blocked.pop()
            self._blocked |= new
        return new

    def _block(
        self, window: int, attempt: Attempt, limits: Limits, counts: dict[str, int]
    ) -> None:
        new = self._add_blocked(window, limits, counts)
        if not new:
            return
        is_pair = attempt.shown is not Shown.TOKEN and attempt.pair_key() in new
        login_blocks.tell(attempt, self._end(window), is_pair=is_pair)

    def _refuse(self, window: int) -> None:
        with self._lock:
            self.refused += 1
        seconds = math.ceil(self._end(window) - self.clock())
        raise LoginBlocked(max(1, seconds))

    def _end(self, window: int) -> int:
        return (window + 1) * conf.login_failure_window()


def _named(window: int, keys: Sequence[str]) -> list[str]:
    return [f"{_PREFIX}:{window}:{key}" for key in keys]


failed_logins = FailedLogins()
"""Those of this process."""
