"""The key that signs at this moment, whichever process let it sign.

A process looks once a second. Loading a key costs a thousand signatures, so it is
loaded when another one is named; what was loaded signs on while the folder cannot be
read.
"""

import logging
import time
from base64 import urlsafe_b64encode
from typing import NamedTuple

import orjson

from registryauth import conf
from registryauth.keys import KeyStore, KeyStoreError, SigningKey

LOOK_SECONDS = 1.0
"""How long a process may not know yet that another key signs."""

logger = logging.getLogger(__name__)


def key_store() -> KeyStore:
    """The folder that REGISTRY_SIGNING_KEYS_DIR names."""
    return KeyStore(conf.signing_keys_dir())


class Signer(NamedTuple):
    """The key that signs, the header of its tokens, and how the folder named it."""

    key: SigningKey
    header: bytes
    mark: tuple[str, int]


class Signers:
    """The signer of each moment; safe for several threads."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Load it anew at the next use."""
        self._signer: Signer | None = None
        self._look_at = 0.0

    def current(self) -> Signer:
        """Raises KeyStoreError if there was none yet and none can be had."""
        signer, now = self._signer, time.monotonic()
        if signer is not None and now < self._look_at:
            return signer
        self._look_at = now + LOOK_SECONDS
        try:
            found = _first() if signer is None else _renewed(signer)
        except KeyStoreError as error:
            if signer is None:
                self._look_at = 0.0
                raise
            logger.error("the signing key of before signs on: %s", error)
            return signer
        self._signer = found
        return found


def _first() -> Signer:
    store = key_store()
    store.ensure(conf.signing_algorithm())
    return _signer(store, store.active_mark())


def _renewed(signer: Signer) -> Signer:
    store = key_store()
    mark = store.active_mark()
    return signer if signer.mark == mark else _signer(store, mark)


def _signer(store: KeyStore, mark: tuple[str, int]) -> Signer:
    key = store.active()
    header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT"}
    return Signer(key, urlsafe_b64encode(orjson.dumps(header)).rstrip(b"="), mark)


signers = Signers()
"""Those of this process."""
