"""Federated robot tokens: opaque, short-lived, kept as digests (design rule R7)."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from federation import conf
from federation.admission import Admission
from federation.errors import shown
from robots import credentials
from robots.credentials import Secret
from robots.models import TokenOrigin
from robots.prepared_writes import Values

PREFIX = "qsf_"
"""What every federated token begins with: scanners for leaked secrets know it by."""

_RANDOM_BYTES = 40
"""They make 64 characters of A-Z and 2-7, without padding."""


class Minted(NamedTuple):
    """A token just made: the one moment its secret is at hand."""

    secret: Secret
    expires_at: datetime


def mint(admission: Admission, now: datetime) -> Minted:
    """A new token of the robot; it is one when its `rows` are written."""
    secret = base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode()
    return Minted(Secret(PREFIX + secret), expires_at(admission, now))


def rows(
    minted: Minted, admission: Admission, told: Mapping[str, str]
) -> dict[str, Values]:
    """What is kept of it, which dies with the trust that earned it; no secret.

    `told` is what `provenance` says.
    """
    kept = credentials.at_rest(minted.secret, readable=False)
    return {
        "token": {
            "robot_id": admission.robot.pk,
            "origin": TokenOrigin.FEDERATED,
            "expires_at": minted.expires_at,
            **kept._asdict(),
        },
        "federated": {
            "trust_id": admission.trust.pk,
            "provenance": {
                "issuer": shown(admission.peeked.issuer),
                "subject": shown(admission.claims["sub"]),
                **told,
            },
        },
    }


def expires_at(admission: Admission, now: datetime) -> datetime:
    """An hour at most; never later than the trust or the robot ends."""
    ends = [
        now + timedelta(seconds=conf.token_lifetime()),
        admission.trust.expires_at,
        admission.robot.expires_at,
    ]
    if conf.lifetime_follows_token():
        ends.append(now + 2 * _own_life(admission))
    return min(end for end in ends if end is not None)


def _own_life(admission: Admission) -> timedelta:
    claims = admission.claims
    return timedelta(seconds=max(0, claims["exp"] - claims["iat"]))
