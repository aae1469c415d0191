"""Client keys: what a person gives a registry client in place of the password.

One is signed, not stored: it names its person and the password it was made under,
and dies with that. It signs in to registries only, never to the site.
"""

import base64
import binascii
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

from robots import keyring
from robots.credentials import Secret

_MARK = b"qskey:"
"""What every key begins with under its base64: six bytes are eight characters."""

PREFIX = base64.b64encode(_MARK).decode()

_PURPOSE = "client key"


class ClientKey(NamedTuple):
    """What a key says: whose it is, and the password's `session_fingerprint`."""

    user_id: int
    fingerprint: str


def mint(key: ClientKey) -> Secret:
    """The text of a key, in the alphabet of base64."""
    signed = _signer().sign_object([key.user_id, key.fingerprint])
    return Secret(base64.b64encode(_MARK + signed.encode()).decode())


def read(password: Secret) -> ClientKey | None:
    """What a key of ours says; None for any other text."""
    text = password.reveal()
    if not text.startswith(PREFIX):
        return None
    try:
        signed = base64.b64decode(text, validate=True).removeprefix(_MARK)
        return ClientKey(*_signer().unsign_object(signed.decode("ascii")))
    except (binascii.Error, ValueError, BadSignature):
        return None


def _signer() -> Signer:
    key, *older = keyring.keys(_PURPOSE)
    return Signer(key=key.hex(), fallback_keys=[k.hex() for k in older], salt=_PURPOSE)
