"""The key that verifies a token: kept, asked for again in time, and never too often.

Keys have two ages. After the first they are asked for again, and serve on if that
fails; after the second they count for nothing. A key that is not known has the
issuer asked once within a cool-down, which a failure starts as well.
"""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from threading import BoundedSemaphore
from types import MappingProxyType

from federation import conf, key_cache
from federation.errors import Refused, Unavailable, shown
from federation.fetching import FetchFailed
from federation.issuers import check_allowed, discover
from federation.keys import KeySetInvalid, VerifyingKey, parse_key_set
from robots.spans import traced
from robots.tallies import tallies

logger = logging.getLogger(__name__)

SHORT_WAIT_SECONDS = 0.5
WAIT_SECONDS = 2.0
"""How long, after the asking began, those without keys wait for it: everybody for as
long as most issuers take, and a few for longer."""

SLOW_COOLDOWNS = 5
"""Cool-downs that an issuer without keys is left alone for when it took too long."""

MAX_ASKING = 2
MAX_ASKING_AGAIN = 1
MAX_WAITING = 3
"""Threads of one process that may ask an issuer for the first time, ask one whose
keys are known, and wait for another one to ask: fewer together than a process has.

Whoever may make a trust can name an issuer that never answers. All others find no
room then, and go on: with the keys that are known, or without.
"""

FETCHES = ("fetched", "invalid", "timed_out", "failed")
"""How asking an issuer ends, as metrics count it."""

_POLL_SECONDS = 0.05
_asking = BoundedSemaphore(MAX_ASKING)
_asking_again = BoundedSemaphore(MAX_ASKING_AGAIN)
_waiting = BoundedSemaphore(MAX_WAITING)
_ASKING = "asking since "
_DONE = "done"
_FAILED = "failed: "
_NOBODY = "this process asks enough other issuers"
_SENSELESS = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    RecursionError,
    KeySetInvalid,
)
"""What a cache entry leads to that another version wrote, or nobody of ours."""


class Standing(Enum):
    """How an issuer's keys stand, as far as the cache knows."""

    UNKNOWN = "nobody asked for them"
    FRESH = "known"
    OLD = "known, and due to be asked for again"
    UNAVAILABLE = "not known, and the last try failed or goes on"


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: Mapping[str, VerifyingKey]
    age: float

    @property
    def is_fresh(self) -> bool:
        # A clock that was set back makes keys that come from the future.
        return 0 <= self.age < conf.keys_fresh_seconds()


def signing_key(issuer: str, kid: str) -> VerifyingKey:
    """The issuer's key of that `kid`.

    The caller must know that a trust names the issuer: it may be asked for its keys.
    Raises Refused when it has no such key, or is none of the operator's issuers, and
    Unavailable when its keys cannot be had.
    """
    check_allowed(issuer)
    kept = _kept(issuer)
    is_known = kept is not None and kid in kept.keys
    if kept is None or not is_known or not kept.is_fresh:
        place = _asking if kept is None else _asking_again
        _ask(issuer, place, wait=not is_known)
        kept = _kept(issuer)
    if kept is None:
        raise Unavailable(f"no keys of the issuer; {_last_try(issuer) or _NOBODY}")
    if kid not in kept.keys:
        raise Refused(
            "the issuer has no usable key of that kid",
            check="keys",
            claim="kid",
            expected=[shown(known) for known in list(kept.keys)[:10]],
            actual=shown(kid),
        )
    return kept.keys[kid]


def is_unavailable(issuer: str) -> bool:
    """Whether there are no keys, and the last try, not long ago, has failed or goes on.

    Asks nobody but the cache.
    """
    return _kept(issuer) is None and _last_try(issuer).startswith((_FAILED, _ASKING))


def standing(issuer: str) -> Standing:
    """How the issuer's keys stand. Asks nobody but the cache."""
    kept = _kept(issuer)
    if kept is not None:
        return Standing.FRESH if kept.is_fresh else Standing.OLD
    return Standing.UNAVAILABLE if is_unavailable(issuer) else Standing.UNKNOWN


@lru_cache(maxsize=128)
def parsed(text: str) -> Mapping[str, VerifyingKey]:
    """The keys of a JWK set, parsed once for each text. Raises KeySetInvalid."""
    return MappingProxyType(parse_key_set(text))


@lru_cache(maxsize=128)
def _record(text: str) -> tuple[str, float, Mapping[str, VerifyingKey]]:
    """Issuer, time and keys of a cache entry, read once for each text."""
    record = json.loads(text)
    return record["issuer"], float(record["fetched_at"]), parsed(record["keys"])


def forget_keys() -> None:
    """Drop what this process remembers; what is in the shared cache stays."""
    parsed.cache_clear()
    _record.cache_clear()
    key_cache.forget()


def _kept(issuer: str) -> _Kept | None:
    """The keys that may still be used; what makes no sense is as if it were not."""
    text = key_cache.load(issuer)
    if text is None:
        return None
    try:
        of, fetched_at, keys = _record(text)
    except _SENSELESS:
        return None
    age = _now() - fetched_at
    if of != issuer or age >= conf.keys_max_seconds():
        return None
    return _Kept(keys, age)


def _ask(issuer: str, place: BoundedSemaphore, *, wait: bool) -> None:
    """Have the keys asked for, by whoever is first; the others may wait for that."""
    with _room(place) as is_free:
        if is_free and key_cache.claim(issuer, f"{_ASKING}{_now()}"):
            _refresh(issuer)
            return
    if not wait:
        return
    _wait(issuer, SHORT_WAIT_SECONDS)
    with _room(_waiting) as is_free:
        if is_free:
            _wait(issuer, WAIT_SECONDS)


@contextmanager
def _room(of: BoundedSemaphore) -> Iterator[bool]:
    """Whether there is a place, which is held meanwhile; nobody waits for one."""
    is_free = of.acquire(blocking=False)
    try:
        yield is_free
    finally:
        if is_free:
            of.release()


@traced("issuer keys")
def _refresh(issuer: str) -> None:
    """Ask the issuer; keys that there are stay unless there are better ones."""
    try:
        text = discover(issuer)
        parsed(text)
    except (FetchFailed, KeySetInvalid) as error:
        logger.warning("No keys from %s: %s", shown(issuer), error)
        tallies.note(("jwks_fetches", _how(error)))
        key_cache.settle(issuer, f"{_FAILED}{error}", _patience(issuer, error))
        return
    record = {"issuer": issuer, "fetched_at": _now(), "keys": text}
    key_cache.keep(issuer, json.dumps(record))
    key_cache.settle(issuer, _DONE)
    tallies.note(("jwks_fetches", "fetched"))


def _how(error: Exception) -> str:
    """What FETCHES calls the failure."""
    if isinstance(error, KeySetInvalid):
        return "invalid"
    is_slow = isinstance(error, FetchFailed) and error.is_slow
    return "timed_out" if is_slow else "failed"


def _patience(issuer: str, error: Exception) -> int:
    """How many cool-downs to leave an issuer alone for.

    One that never gave a key and keeps a thread waiting is not asked often: there may
    be many of its kind, and few threads.
    """
    is_slow = isinstance(error, FetchFailed) and error.is_slow
    return SLOW_COOLDOWNS if is_slow and _kept(issuer) is None else 1


def _last_try(issuer: str) -> str:
    """How asking goes or went within the cool-down; empty if nobody asked."""
    return key_cache.state(issuer) or ""


def _wait(issuer: str, seconds: float) -> None:
    """Return when the one who asks is done, or began longer ago than `seconds`."""
    state = _last_try(issuer)
    if not state:
        # Whoever took the place before us may be about to say so.
        time.sleep(_POLL_SECONDS)
        state = _last_try(issuer)
    if not state.startswith(_ASKING):
        return
    # Who began long ago may have died over it: nobody waits for that one again.
    since = _now() - float(state.removeprefix(_ASKING))
    ends_at = time.monotonic() + min(seconds, seconds - since)
    while time.monotonic() < ends_at and _last_try(issuer) == state:
        time.sleep(_POLL_SECONDS)


def _now() -> float:
    """Seconds since 1970, by a clock that all processes have."""
    return time.time()
