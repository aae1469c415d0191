"""Federated robot tokens: opaque, short-lived, kept as digests (design rule R7)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from federation import conf
from federation.admission import Admission
from federation.errors import shown
from federation.models import FederatedToken
from federation.provenance import provenance
from robots import credentials
from robots.credentials import Secret
from robots.models import RobotToken, TokenOrigin

PREFIX = "qsf_"
"""What every federated token begins with: scanners for leaked secrets know it by."""


class Minted(NamedTuple):
    """A token just made: the one moment its secret is at hand."""

    secret: Secret
    expires_at: datetime


def mint(admission: Admission, now: datetime) -> Minted:
    """A new token of the robot, which dies with the trust that earned it."""
    secret = Secret(PREFIX + credentials.generate_token().reveal())
    token = RobotToken.objects.create(
        robot=admission.robot,
        origin=TokenOrigin.FEDERATED,
        digest=credentials.digest(secret),
        expires_at=expires_at(admission, now),
    )
    FederatedToken.objects.create(
        token=token,
        trust=admission.trust,
        provenance={
            "issuer": shown(admission.peeked.issuer),
            "subject": shown(admission.claims["sub"]),
            **provenance(admission.claims),
        },
    )
    return Minted(secret, expires_at(admission, now))


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
