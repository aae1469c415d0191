"""The use case: a token of an issuer becomes a short-lived token of a robot."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from federation import refusals, replay, tokens
from federation.admission import Admission, admit
from federation.errors import Refused, shown
from federation.models import Trust
from federation.provenance import provenance
from federation.tokens import Minted
from robots import audit
from robots.audit import Performer
from robots.credentials import Secret
from robots.identity import ANONYMOUS
from robots.models import Robot
from robots.origin import Origin


def exchange(robot_name: str, token: Secret, origin: Origin, now: datetime) -> Minted:
    """Find the trusts, verify, match, use the token up, mint, audit: in that order.

    Raises Refused, of which the namespace's administrators find an event.
    """
    try:
        admission = admit(robot_name, token, now)
        return _exchanged(admission, origin, now)
    except Refused as refused:
        refusals.note(robot_name, refused, origin, now)
        raise


def note_use(trust: Trust, now: datetime) -> None:
    """Note that a trust let somebody in, and hold it and its robot until the end.

    Raises Refused if one of them was switched off or taken away since it was read.
    """
    # The robot first, as whoever changes its trusts or deletes it locks them: the
    # other way round two of them could wait for each other.
    robots = Robot.objects.select_for_update(no_key=True)
    robot = robots.filter(pk=trust.robot_id, enabled=True)
    live = Trust.objects.filter(
        pk=trust.pk, enabled=True, revision=trust.revision, robot__in=robot.values("pk")
    )
    if not live.update(last_used_at=now):
        raise Refused("the trust was changed meanwhile", check="enabled")


def facts(admission: Admission) -> dict[str, Any]:
    """What the audit keeps of a token that let its bearer in."""
    return {
        "robot": admission.robot.name,
        "issuer": admission.trust.issuer,
        "subject": shown(admission.claims["sub"]),
        "trust": admission.trust.pk,
        "trust_name": admission.trust.name,
        "provenance": provenance(admission.claims),
    }


def _exchanged(admission: Admission, origin: Origin, now: datetime) -> Minted:
    try:
        with transaction.atomic():
            note_use(admission.trust, now)
            replay.use_up(admission)
            minted = tokens.mint(admission, now)
            audit.record(
                "federated_robot_token_exchange",
                Performer.caller(ANONYMOUS, origin),
                admission.robot.namespace,
                **facts(admission),
                expires=minted.expires_at.isoformat(),
            )
        return minted
    except IntegrityError:
        # Robot and trust are held, so it is the one thing that may be there already.
        raise Refused(replay.USED, check="replay", claim="jti") from None
