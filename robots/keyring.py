"""The secret keys for what is kept at rest: one root key, a subkey for each purpose.

The first root key is used for new work, all of them for what already exists, so
that keys are rotated by putting a new one in front.
"""

import hashlib
import hmac
from functools import lru_cache

from robots import conf

_ID_PURPOSE = "root key id"


def current_key(purpose: str) -> bytes:
    """The 32-byte subkey that new digests, seals and signatures use."""
    return keys(purpose)[0]


def keys(purpose: str) -> tuple[bytes, ...]:
    """All accepted 32-byte subkeys for `purpose`, newest first."""
    return _derived(conf.secret_keys(), purpose)


def has_one_root() -> bool:
    """Whether nothing can be under an older key; so cheap that any login may ask."""
    return len(conf.secret_keys()) == 1


def current_key_id() -> str:
    """The id of the root key that new work is done with."""
    return key_ids()[0]


def key_ids() -> tuple[str, ...]:
    """The id of each root key, newest first.

    Not secret: eight hex digits of a subkey that serves nothing else, so that neither
    the root nor another subkey follows from it. Keys of before may have the same one,
    once in four thousand million times.
    """
    return tuple(key[:4].hex() for key in keys(_ID_PURPOSE))


def key_id_of(root: str) -> str:
    """The id that `root` has, or would have if it were one of the root keys."""
    return _derived((root,), _ID_PURPOSE)[0][:4].hex()


@lru_cache(maxsize=32)
def _derived(roots: tuple[str, ...], purpose: str) -> tuple[bytes, ...]:
    # HKDF-Expand's single block (RFC 5869, 2.3): the roots are already uniform.
    info = f"quaysite {purpose}".encode() + b"\x01"
    return tuple(hmac.digest(root.encode(), info, hashlib.sha256) for root in roots)
