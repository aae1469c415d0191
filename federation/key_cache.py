"""What processes share about issuers' keys: the keys, and who asks for them now.

It is kept in Django's default cache, and a copy in this process. The copy serves
while the shared cache is down or has lost an entry, so that neither stops a login
nor lets every login ask the issuer. Texts are kept, never objects of ours.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from federation import conf

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

RETRY_SECONDS = 30.0
"""How long a shared cache that failed is left alone."""

_MAX_COPIES = 1000


class _Shared:
    """Django's default cache, which may be down: then each call has its `otherwise`."""

    def __init__(self) -> None:
        self._again_at = 0.0

    def ask(self, deed: Callable[[BaseCache], _T], otherwise: _T) -> _T:
        if time.monotonic() < self._again_at:
            return otherwise
        try:
            return deed(cache)
        # Each backend has errors of its own, and none of them may stop a login.
        except Exception as error:
            self._again_at = time.monotonic() + RETRY_SECONDS
            logger.warning("The shared cache is down: %s", type(error).__name__)
            return otherwise

    def forget(self) -> None:
        self._again_at = 0.0


_shared = _Shared()
_copies = LocMemCache("federation-keys", {"OPTIONS": {"MAX_ENTRIES": _MAX_COPIES}})


def load(issuer: str) -> str | None:
    """What was last kept for the issuer."""
    key = _key("keys", issuer)
    found = _text(_shared.ask(lambda shared: shared.get(key), None))
    kept = _text(_copies.get(key))
    if found is None or found == kept:
        return kept
    _copies.set(key, found, conf.keys_max_seconds())
    return found


def keep(issuer: str, text: str) -> None:
    """Keep `text` for as long as an issuer's keys may be used."""
    _set(_key("keys", issuer), text, conf.keys_max_seconds())


def claim(issuer: str, state: str) -> bool:
    """Take the only right to ask the issuer within the cool-down; False if taken.

    Of all processes one gets it. `state` is what the others see meanwhile.
    """
    key, seconds = _key("asking", issuer), _cooldown()
    if not _copies.add(key, state, seconds):
        return False
    if _shared.ask(lambda shared: shared.add(key, state, seconds), True):
        return True
    # The process that has the right says how it went; this one's copy would not.
    _copies.delete(key)
    return False


def settle(issuer: str, state: str, cooldowns: int = 1) -> None:
    """Say how asking went; so many cool-downs begin anew."""
    _set(_key("asking", issuer), state, cooldowns * _cooldown())


def state(issuer: str) -> str | None:
    """What was last said of asking the issuer; None when the cool-down is over."""
    key = _key("asking", issuer)
    found = _text(_shared.ask(lambda shared: shared.get(key), None))
    return found if found is not None else _text(_copies.get(key))


def forget() -> None:
    """Empty this process's copies; the shared cache is Django's to clear."""
    _copies.clear()
    _shared.forget()


def _set(key: str, text: str, seconds: int) -> None:
    _copies.set(key, text, seconds)
    _shared.ask(lambda shared: shared.set(key, text, seconds), None)


def _cooldown() -> int:
    """At least a second: none would let every request ask."""
    return max(1, conf.keys_cooldown_seconds())


def _key(kind: str, issuer: str) -> str:
    digest = hashlib.sha256(issuer.encode("utf-8", "surrogatepass")).hexdigest()
    return f"federation:{kind}:{digest}"


def _text(found: Any) -> str | None:
    return found if isinstance(found, str) else None
