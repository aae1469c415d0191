"""People's passwords are hashed a few at a time, after robots have been served.

Argon2 takes a hundred milliseconds or more of every core and 100 MB on purpose.
Without a bound a burst of logins takes the whole machine from the robots. So at most
PASSWORD_HASHES_AT_ONCE run in a process, PASSWORD_HASHES_WAITING more wait a moment
for their turn, first come, first served, and whoever comes then is told to ask again:
nothing was checked, so nothing is known to be wrong. The bound is in the hashers, since
whatever hashes a password passes there, and what is hashed for nobody costs the same.
Hashers know nothing of requests: that one client does not take every turn is the work
of whoever serves it, who holds a place for its address meanwhile (`Turns.place`).
"""

import contextlib
import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import (
    Argon2Error,
    HashingError,
    VerificationError,
    VerifyMismatchError,
)
from argon2.low_level import error_to_str
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BasePasswordHasher,
    PBKDF2PasswordHasher,
)

from robots import conf
from robots.errors import AskAgainLater
from robots.origin import source_of

logger = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that a hash waits for its turn; it holds a thread of the server so long."""

RETRY_AFTER = 2
"""Seconds after which whoever was sent away may ask again."""

NICENESS = 10
"""How much less than a request a hash counts where both want a core: 10 is about a
tenth. With 19, a seventieth, a login does not end while robots keep every core busy.
"""

_NO_MEMORY, _NO_THREAD = -22, -33
"""ARGON2_MEMORY_ALLOCATION_ERROR and ARGON2_THREAD_FAIL of argon2.h."""

_EXHAUSTION = frozenset(error_to_str(code) for code in (_NO_MEMORY, _NO_THREAD))

_Done = TypeVar("_Done")


class HashingBusy(AskAgainLater):
    """Too many passwords are being hashed; this one was not looked at.

    Never a wrong password, and no failed login. `reason` is for the log.
    """

    def __init__(self, reason: str) -> None:
        message = "Too many passwords are being checked. Try again in a moment."
        super().__init__(message, RETRY_AFTER)
        self.reason = reason


class Turns:
    """Who may hash, in one process; safe for several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._line: list[object] = []
        self._places: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, address: str | None) -> Iterator[None]:
        """Hold one of the places of a client's address. Raises HashingBusy.

        One address has as many as may hash at once and half of those that may wait.
        So no single one fills the line, and many people behind one still sign in.
        All whose address is not known (None) are one client: some can hide theirs.
        """
        client = source_of(address) or "an unknown address"
        with _noted():
            self._enter(client)
        try:
            yield
        finally:
            self._leave(client)

    def take(self, deed: Callable[[], _Done]) -> _Done:
        """What `deed` returns, once it is its turn. Raises HashingBusy."""
        with _noted():
            self._begin()
        try:
            return _with_low_priority(deed)
        finally:
            self._end()

    def _enter(self, client: str) -> None:
        with self._changed:
            if self._places[client] >= _places_of_one_client():
                raise HashingBusy(f"too many from {client}")
            self._places[client] += 1

    def _leave(self, client: str) -> None:
        with self._changed:
            self._places[client] -= 1
            if not self._places[client]:
                del self._places[client]

    def _begin(self) -> None:
        with self._changed:
            if self._is_full():
                raise HashingBusy("too many at once")
            ticket = object()
            self._line.append(ticket)
            try:
                is_next = self._changed.wait_for(
                    lambda: self._is_next(ticket), PATIENCE
                )
            finally:
                self._line.remove(ticket)
                self._changed.notify_all()
            if not is_next:
                raise HashingBusy("it waited for too long")
            self._running += 1

    def _end(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _is_full(self) -> bool:
        room = conf.password_hashes_at_once() + conf.password_hashes_waiting()
        return self._running + len(self._line) >= room

    def _is_next(self, ticket: object) -> bool:
        is_free = self._running < conf.password_hashes_at_once()
        return is_free and self._line[0] is ticket


@contextlib.contextmanager
def _noted() -> Iterator[None]:
    """Log who is sent away, when nothing is locked: a log can be slow."""
    try:
        yield
    except HashingBusy as busy:
        logger.info("a password was not hashed: %s", busy.reason)
        raise


def _places_of_one_client() -> int:
    return conf.password_hashes_at_once() + conf.password_hashes_waiting() // 2


def _with_low_priority(deed: Callable[[], _Done]) -> _Done:
    """Do it in a thread of its own: a thread that has yielded never gets back what it
    gave up. Argon2 starts its threads there, and they inherit the priority.
    """
    done: Future[_Done] = Future()
    try:
        threading.Thread(
            target=_work, args=(deed, done), name="password", daemon=True
        ).start()
    except RuntimeError:
        raise _exhausted() from None
    try:
        return done.result()
    finally:
        del done


def _work(deed: Callable[[], _Done], done: "Future[_Done]") -> None:
    """Frames that hold an error which holds them would keep the password in memory
    until a collection of garbage: so the error comes without them, and they let go.
    """
    try:
        _yield_to_others()
        done.set_result(deed())
    except BaseException as error:
        done.set_exception(error.with_traceback(None))
    finally:
        del done


def _yield_to_others() -> None:
    """Elsewhere than on Linux a priority is a whole process's, so it stays."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class _ReadsAnything(BasePasswordHasher):
    """What is kept and cannot be read is no error."""

    def must_update(self, encoded: str) -> bool:
        """As Django's."""
        try:
            return super().must_update(encoded)
        except ValueError:
            return False

    def safe_summary(self, encoded: str) -> Any:
        """What the admin shows of it."""
        try:
            return super().safe_summary(encoded)
        except ValueError:
            return {"algorithm": self.algorithm, "hash": "cannot be read"}


class BoundedArgon2(_ReadsAnything, Argon2PasswordHasher):
    """Django's Argon2, a few at a time."""

    def encode(self, password: str, salt: str) -> str:
        """Raises HashingBusy, also where memory or a thread cannot be had."""
        encode = super().encode
        try:
            return turns.take(lambda: encode(password, salt))
        except HashingError as error:
            if _is_exhaustion(error):
                raise _exhausted() from None
            raise

    def verify(self, password: str, encoded: str) -> bool:
        """Raises HashingBusy as `encode` does, where Django's says that it is wrong.

        No password is right where what is kept cannot be read.
        """
        _, dollar, kept = encoded.partition("$")
        try:
            turns.take(lambda: PasswordHasher().verify(dollar + kept, password))
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            if _is_exhaustion(error):
                raise _exhausted() from None
            return _unreadable()
        except ValueError:
            return _unreadable()
        return True


class BoundedPBKDF2(_ReadsAnything, PBKDF2PasswordHasher):
    """Django's PBKDF2, a few at a time; `verify` and `harden_runtime` call `encode`."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises HashingBusy."""
        encode = super().encode
        return turns.take(lambda: encode(password, salt, iterations))

    def verify(self, password: str, encoded: str) -> bool:
        """Raises HashingBusy. No password is right where what is kept is unreadable."""
        try:
            return super().verify(password, encoded)
        except ValueError:
            return _unreadable()


def _is_exhaustion(error: Argon2Error) -> bool:
    """Whether the machine was short of something: argon2-cffi tells by the text."""
    return str(error) in _EXHAUSTION


def _unreadable() -> bool:
    logger.error("a stored hash of a password cannot be read: no password is right")
    return False


def _exhausted() -> HashingBusy:
    reason = "there is no memory or thread for it"
    logger.error("a password was not hashed: %s", reason)
    return HashingBusy(reason)


turns = Turns()
"""Those of this process."""
