"""Secrets as Harbor keeps those of its robots: a salted, slow hash of them.

Pure. Harbor since 2.2 (`Encrypt` in its src/common/utils/encrypt.go, which
src/controller/robot calls): the first 16 bytes of PBKDF2-HMAC-SHA256 with 4096
iterations, salted with the bytes of a text.
"""

import hashlib
import hmac
import re
from typing import NamedTuple

from robots.credentials import Secret
from robots.errors import DomainError

ITERATIONS = 4096
"""The same for all, so that the time of a login does not tell whose secret is which."""

LENGTH = 16
"""Bytes of a digest."""

MAX_SALT = 64
"""Bytes."""

MIN_SECRET = 8
"""Characters, the fewest that Harbor lets a robot's secret have: fewer are guessed."""

_DIGEST = re.compile(r"[0-9a-f]{32}")


class SlowHash(NamedTuple):
    """What is kept of a secret, as lowercase hex."""

    salt: str
    digest: str


def slow_hash(salt: str, digest: str) -> SlowHash:
    """The hash as Harbor's table has it: a salt that is text, a digest that is hex.

    Raises DomainError, with neither of them in its message.
    """
    salted = salt.encode()
    if not 1 <= len(salted) <= MAX_SALT:
        raise DomainError(f"salt: must have 1 to {MAX_SALT} bytes")
    if not _DIGEST.fullmatch(digest):
        raise DomainError(f"secret: must be {2 * LENGTH} lowercase hex digits")
    return SlowHash(salted.hex(), digest)


def matches(kept: SlowHash, secret: Secret) -> bool:
    """Whether that is the secret, in constant time; takes a millisecond or two.

    HMAC fills a key up with zero bytes (RFC 2104), so one with some of them at its end
    has the same hash: it is not the secret. Neither is what is too short for one.
    """
    text = secret.reveal()
    same = is_hash_of(kept, text)
    return same and len(text) >= MIN_SECRET and not text.endswith("\0")


def is_hash_of(kept: SlowHash, text: str) -> bool:
    """Whether `text` has that hash, whatever it is; as slow as `matches`."""
    shown = hashlib.pbkdf2_hmac(
        "sha256",
        text.encode("utf-8", "surrogatepass"),
        bytes.fromhex(kept.salt),
        ITERATIONS,
        LENGTH,
    )
    return hmac.compare_digest(shown, bytes.fromhex(kept.digest))
