"""Tokens of one signer, verified or refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.assertions import VerifiedClaims, peek, verify
from federation.errors import Refused
from federation.keys import VerifyingKey, parse_key_set
from robots.credentials import Secret
from tests.federation import forgery
from tests.federation.forgery import MISSING
from tests.federation.signer import Signer

SIGNER = Signer()
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def key_of(signer: Signer) -> VerifyingKey:
    return parse_key_set(signer.jwks())[signer.kid]


KEY = key_of(SIGNER)


def verified(
    token: Secret, key: VerifyingKey = KEY, now: datetime | None = None
) -> VerifiedClaims:
    now = now or datetime.now(UTC)
    return verify(peek(token, now), key, now)


def refused(token: Secret, now: datetime | None = None) -> Refused:
    """Why the token does not verify."""
    with pytest.raises(Refused) as caught:
        verified(token, now=now)
    return caught.value


def timed(**claims: Any) -> Secret:
    """Well signed, with exactly these times."""
    times = {"iat": MISSING, "nbf": MISSING, "exp": MISSING} | claims
    return forgery.claiming(**times)(SIGNER)


def at(moment: datetime) -> float:
    return moment.timestamp()
