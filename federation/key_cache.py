"""What processes share about issuers' keys: the keys, and who asks for them now.

It is kept in Django's default cache, and a copy in this process. The copy serves
while the shared cache is down or has lost an entry, so that neither stops a login
nor lets every login ask the issuer. Texts are kept, never objects of ours.

Each is signed: whoever can write to the cache would else be any robot that trusts an
issuer, with keys of their own. They can still empty it, or bring an older entry back.
"""

import hashlib
import hmac
from typing import Any

from django.core.cache.backends.locmem import LocMemCache

from federation import conf
from robots import keyring
from robots.shared_cache import shared_cache

_MAX_COPIES = 1000
_PURPOSE = "shared keys of issuers"

_copies = LocMemCache("federation-keys", {"OPTIONS": {"MAX_ENTRIES": _MAX_COPIES}})


def load(issuer: str) -> str | None:
    """What was last kept for the issuer."""
    key = _key("keys", issuer)
    found = shared_cache.ask(lambda shared: shared.get(key), None)
    kept = _copies.get(key)
    if found is None or found == kept:
        return None if kept is None else _text(kept)
    text = _genuine(key, found)
    if text is None:
        return None if kept is None else _text(kept)
    _copies.set(key, found, conf.keys_max_seconds())
    return text


def keep(issuer: str, text: str) -> None:
    """Keep `text` for as long as an issuer's keys may be used."""
    _set(_key("keys", issuer), text, conf.keys_max_seconds())


def claim(issuer: str, state: str) -> bool:
    """Take the only right to ask the issuer within the cool-down; False if taken.

    Of all processes one gets it. `state` is what the others see meanwhile.
    """
    key, seconds = _key("asking", issuer), _cooldown()
    signed = _signed(key, state)
    if not _copies.add(key, signed, seconds):
        return False
    if shared_cache.ask(lambda shared: shared.add(key, signed, seconds), True):
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
    found = _genuine(key, shared_cache.ask(lambda shared: shared.get(key), None))
    if found is not None:
        return found
    kept = _copies.get(key)
    return None if kept is None else _text(kept)


def forget() -> None:
    """Empty this process's copies; the shared cache is Django's to clear."""
    _copies.clear()
    shared_cache.forget()


def _set(key: str, text: str, seconds: int) -> None:
    signed = _signed(key, text)
    _copies.set(key, signed, seconds)
    shared_cache.ask(lambda shared: shared.set(key, signed, seconds), None)


def _cooldown() -> int:
    """At least a second: none would let every request ask."""
    return max(1, conf.keys_cooldown_seconds())


def _key(kind: str, issuer: str) -> str:
    digest = hashlib.sha256(issuer.encode("utf-8", "surrogatepass")).hexdigest()
    return f"federation:{kind}:{digest}"


def _signed(key: str, text: str) -> str:
    return f"{_mac(keyring.current_key(_PURPOSE), key, text)} {text}"


def _genuine(key: str, found: Any) -> str | None:
    """The text that one of ours put there; None for anything else."""
    if not isinstance(found, str):
        return None
    mac, text = found.partition(" ")[0].encode("utf-8", "replace"), _text(found)
    macs = (_mac(subkey, key, text) for subkey in keyring.keys(_PURPOSE))
    is_ours = any(hmac.compare_digest(mac, right.encode()) for right in macs)
    return text if is_ours else None


def _text(signed: str) -> str:
    return signed.partition(" ")[2]


def _mac(subkey: bytes, key: str, text: str) -> str:
    signed = f"{key} {text}".encode("utf-8", "surrogatepass")
    return hmac.digest(subkey, signed, hashlib.sha256).hex()
