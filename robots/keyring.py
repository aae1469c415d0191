"""The secret keys for what is kept at rest: one root key, a subkey for each purpose.

The first root key is used for new work, all of them for what already exists, so
that keys are rotated by putting a new one in front.
"""

import hashlib
import hmac
from functools import lru_cache

from robots import conf


def current_key(purpose: str) -> bytes:
    """The 32-byte subkey that new digests, seals and signatures use."""
    return keys(purpose)[0]


def keys(purpose: str) -> tuple[bytes, ...]:
    """All accepted 32-byte subkeys for `purpose`, newest first."""
    return _derived(conf.secret_keys(), purpose)


@lru_cache(maxsize=32)
def _derived(roots: tuple[str, ...], purpose: str) -> tuple[bytes, ...]:
    # HKDF-Expand's single block (RFC 5869, 2.3): the roots are already uniform.
    info = f"quaysite {purpose}".encode() + b"\x01"
    return tuple(hmac.digest(root.encode(), info, hashlib.sha256) for root in roots)
