"""The key that signs at this moment, whichever process let it sign.

A process looks once a second. Loading a key costs a thousand signatures, so it is
loaded when another one is named; what was loaded signs on while the folder cannot be
read.
"""

import logging
import time
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple

import orjson

from registryauth import conf
from registryauth.key_rotation import Step, steps
from registryauth.keys import KeyStore, KeyStoreError, SigningKey

LOOK_SECONDS = 1.0
"""How long a process may not know yet that another key signs."""

logger = logging.getLogger(__name__)


def key_store() -> KeyStore:
    """The folder that REGISTRY_SIGNING_KEYS_DIR names."""
    return KeyStore(conf.signing_keys_dir())


def rotate_due(now: datetime, *, dry_run: bool) -> list[Step]:
    """The steps that change keys and are due: taken, or with `dry_run` only found.

    A key that was added has an id then. The first key is made if there is none, also
    in a dry run, as wherever keys are needed. Raises KeyStoreError.
    """
    signers.current()
    store, schedule = key_store(), conf.signing_key_schedule()
    if dry_run:
        return [step for step in steps(store.known(), schedule) if step.due <= now]
    return store.rotate(conf.signing_algorithm(), schedule, now)


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
