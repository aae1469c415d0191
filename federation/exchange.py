"""The use case: a token of an issuer becomes a short-lived token of a robot."""

from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from django.db import IntegrityError

from federation import counted, refusals, replay, tokens
from federation.admission import Admission, admit
from federation.errors import Refused, shown
from federation.provenance import provenance
from federation.tokens import Minted
from federation.writes import write
from robots import audit
from robots.audit import Performer
from robots.credentials import Secret
from robots.identity import ANONYMOUS
from robots.origin import Origin


def exchange(robot_name: str, token: Secret, origin: Origin, now: datetime) -> Minted:
    """Find the trusts, verify, match, use the token up, mint, audit: in that order.

    Raises Refused, of which the namespace's administrators find an event. Counts what
    it grants; whoever calls it counts the rest (`counted.failures`).
    """
    began = perf_counter()
    try:
        admission = admit(robot_name, token, now)
        minted = _exchanged(admission, origin, now)
    except Refused as refused:
        refusals.note(robot_name, refused, origin, now)
        raise
    counted.note_exchange(admission.trust.entry, perf_counter() - began)
    return minted


def facts(admission: Admission, told: Mapping[str, str]) -> dict[str, Any]:
    """What the audit keeps of a token that let its bearer in.

    `told` is what `provenance` says.
    """
    return {
        "robot": admission.robot.name,
        "issuer": admission.trust.entry.issuer,
        "subject": shown(admission.claims["sub"]),
        "trust": admission.trust.pk,
        "trust_name": admission.trust.name,
        "provenance": told,
    }


def _exchanged(admission: Admission, origin: Origin, now: datetime) -> Minted:
    told = provenance(admission.claims)
    minted = tokens.mint(admission, now)
    rows = tokens.rows(minted, admission, told)
    if replay.is_single_use(admission.trust.entry):
        rows["used"] = replay.use(admission)
    rows["event"] = audit.columns(
        "federated_robot_token_exchange",
        Performer.caller(ANONYMOUS, origin),
        admission.robot.home,
        facts(admission, told) | {"expires": minted.expires_at.isoformat()},
    )
    try:
        write(admission.trust, now, **rows)
    except IntegrityError:
        if "used" not in rows:
            raise Refused("the token could not be kept", check="replay") from None
        # Robot and trust are held, so it is the one thing that may be there already.
        raise Refused(replay.USED, check="replay", claim="jti") from None
    return minted
