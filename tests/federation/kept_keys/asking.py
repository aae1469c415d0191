"""Questions for the keys of an issuer that is a real server."""

import pytest

from federation import jwks
from federation.errors import Refused, Unavailable
from federation.keys import VerifyingKey
from tests.federation.issuer import FakeIssuer

FRESH = 600
MAX = 24 * 3600
COOLDOWN = 60


def key(issuer: FakeIssuer, kid: str | None = None) -> VerifyingKey:
    return jwks.signing_key(issuer.url, kid or issuer.signer.kid)


def refusal(issuer: FakeIssuer, kid: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        key(issuer, kid)
    return caught.value


def unavailable(issuer: FakeIssuer) -> Unavailable:
    refused = refusal(issuer)
    assert isinstance(refused, Unavailable)
    return refused


def is_good(issuer: FakeIssuer) -> bool:
    """Whether the key that is had is the one that the issuer signs with."""
    public = issuer.signer.key.public_key()
    found = key(issuer).key
    return bool(found.public_numbers() == public.public_numbers())  # type: ignore[union-attr]
