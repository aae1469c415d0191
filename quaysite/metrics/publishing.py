"""A worker's part: to tell its counts every few seconds, at its end, and when asked."""

import atexit
import logging
import os
import threading
from collections import Counter
from pathlib import Path
from secrets import token_hex

from quaysite.metrics import snapshots
from quaysite.metrics.folder import open_folder, own_folder
from quaysite.metrics.snapshots import Snapshot, Sum
from registryauth.issued import issued_count
from registryauth.logins import login_log
from robots import throttle
from robots.repository_uses import uses
from robots.tallies import tallies
from robots.usage import usage

logger = logging.getLogger(__name__)

SECONDS = 5
"""How often a worker tells: a killed one loses the counts of as many seconds."""


def prepare(root: Path) -> None:
    """Before workers are started: give them a folder. A server without serves too."""
    try:
        open_folder(root)
    except OSError as error:
        logger.warning("no folder for metrics, each worker shows its own: %s", error)


class Publisher:
    """What this process tells of itself; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._name = ""
        self._told: Snapshot | None = None
        self._failed = False

    def start(self) -> None:
        """In a worker, once it has forked: tell from now on, if there is a folder."""
        self._folder = own_folder()
        if self._folder is None:
            return
        self._name = f"{os.getpid()}-{token_hex(4)}"
        self.publish()
        threading.Thread(target=self._run, name="metrics", daemon=True).start()
        atexit.register(self.publish)

    def publish(self) -> Snapshot:
        """Tell what is counted, and return what was told last.

        That is older where telling failed: if two workers answered in turn, and only
        one knew, counters would seem to go back.
        """
        with self._lock:
            snapshot = _snapshot()
            if self._folder is None:
                return snapshot
            try:
                snapshots.write(self._folder, self._name, snapshot)
            except OSError as error:
                self._note_failure(error)
                return self._told or snapshot
            self._failed = False
            self._told = snapshot
            return snapshot

    def sum_up(self) -> Sum:
        """The counts of all workers, those of this one as of now."""
        own = self.publish()
        if self._folder is not None:
            try:
                return snapshots.add_up(self._folder, self._name, own)
            except OSError as error:
                self._note_failure(error)
        return Sum(own.totals, own.waiting, own.blocked, workers=1)

    def _note_failure(self, error: OSError) -> None:
        if not self._failed:
            logger.warning("metrics cannot be shared by the workers: %s", error)
        self._failed = True

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(SECONDS):
            self.publish()


def _snapshot() -> Snapshot:
    throttled = throttle.counts()
    totals = {
        **tallies.totals(),
        ("throttled", "login"): throttled["refused_logins"],
        ("throttled", "token"): throttled["refused_tokens"],
        ("shared_cache_failures",): throttled["shared_cache_failures"],
    }
    return Snapshot(totals, _waiting(), throttled["blocked"])


def _waiting() -> Counter[str]:
    """Entries that the usage thread has not written yet."""
    return Counter(
        last_uses=usage.waiting(),
        repository_uses=uses.waiting(),
        issued_tokens=issued_count.waiting(),
        logins=login_log.waiting(),
    )


publisher = Publisher()
"""That of this process."""
