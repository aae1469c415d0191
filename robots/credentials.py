"""Tokens as secrets: made, digested, compared, sealed (design rule R6).

Nothing here reads the database. A secret travels as `Secret`, which prints as
`***`; only `reveal` hands it out.
"""

import hmac
import secrets
import string
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from robots import keyring

TOKEN_LENGTH = 64
"""Characters of a static robot token."""

TOKEN_ALPHABET = string.ascii_uppercase + string.digits

_DIGEST_PURPOSE = "robot token digest"
_SEAL_PURPOSE = "robot token seal"
_NONCE_LENGTH = 12


class Secret:
    """A secret in memory; its text shows only through `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compares in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._bytes(), other._bytes())

    __hash__ = None  # type: ignore[assignment]

    def _bytes(self) -> bytes:
        # Lone surrogates come from JSON; they match no token, and must not raise.
        return self._text.encode("utf-8", "surrogatepass")


class AtRest(NamedTuple):
    """The columns of a token: what is kept of its secret, and under which root key."""

    digest: str
    sealed: bytes | None
    key_id: str


class Opened(NamedTuple):
    """A secret that was sealed, and the id of the root key that opened it."""

    secret: Secret
    key_id: str


NewTokens = Sequence[tuple[str, Secret]]
"""Full names of robots with their new tokens."""

Deliver = Callable[[NewTokens], None]
"""Brings new tokens to where they are needed; raises where it cannot."""


def generate_token(length: int = TOKEN_LENGTH) -> Secret:
    """A new token: characters A-Z0-9 from the system's CSPRNG."""
    return Secret("".join(secrets.choice(TOKEN_ALPHABET) for _ in range(length)))


def digest(secret: Secret) -> str:
    """The HMAC-SHA256 hex digest under the current key: what new tokens are kept as."""
    return _digest(keyring.current_key(_DIGEST_PURPOSE), secret)


def at_rest(secret: Secret, *, readable: bool) -> AtRest:
    """What to keep of a token, under the current key; if `readable`, a copy too."""
    digested = digest(secret)
    sealed = seal(secret, digested) if readable else None
    return AtRest(digested, sealed, keyring.current_key_id())


def accepted_digests(secret: Secret) -> list[str]:
    """The digests under every accepted key, newest first: what to look up."""
    return [_digest(key, secret) for key in keyring.keys(_DIGEST_PURPOSE)]


def seal(secret: Secret, bound_to: str) -> bytes:
    """Encrypt a copy that `unseal` can read, bound to its row's digest."""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    cipher = AESGCM(keyring.current_key(_SEAL_PURPOSE))
    return nonce + cipher.encrypt(nonce, secret._bytes(), bound_to.encode())


def unseal(sealed: bytes, bound_to: str) -> Secret | None:
    """The sealed secret; None if no accepted key opens it for this digest."""
    found = opened(sealed, bound_to)
    return None if found is None else found.secret


def opened(sealed: bytes, bound_to: str) -> Opened | None:
    """The same, with the id of the key that opened it."""
    nonce, box = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
    for key, key_id in zip(keyring.keys(_SEAL_PURPOSE), keyring.key_ids(), strict=True):
        try:
            text = AESGCM(key).decrypt(nonce, box, bound_to.encode())
        except (InvalidTag, ValueError):
            continue
        return Opened(Secret(text.decode("utf-8", "surrogatepass")), key_id)
    return None


def _digest(key: bytes, secret: Secret) -> str:
    keyed = _keyed(key).copy()
    keyed.update(secret._bytes())
    return keyed.finalize().hex()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> HMAC:
    """An HMAC-SHA256 that has taken its key in: that costs more than a token does."""
    return HMAC(key, SHA256())
