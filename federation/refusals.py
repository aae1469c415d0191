"""What the namespace's administrators are told of a token that was refused.

Anybody can cause refusals, so events are kept up to a bound and a trust's last
refusal is written once a minute at most.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from federation.admission import NotAdmitted
from federation.errors import Refused, shown
from federation.matching import distance
from federation.models import Trust
from robots.lifecycle.logins import record_bounded
from robots.models import Namespace
from robots.names import parse_robot_name
from robots.origin import Origin

KIND = "federated_robot_token_refused"

_NOTE_AFTER = timedelta(seconds=60)


def note(robot_name: str, refused: Refused, origin: Origin, now: datetime) -> None:
    """Write an event in the namespace that was named, if there is one."""
    note_trusts(refused, now)
    name = parse_robot_name(robot_name)
    namespace = Namespace.objects.filter(name=name.namespace).first() if name else None
    if name is None or namespace is None:
        return
    with transaction.atomic():
        record_bounded(
            KIND,
            namespace,
            origin,
            robot=name.shortname,
            **facts(refused),
            trusts=_tried(refused),
        )


def note_trusts(refused: Refused, now: datetime) -> None:
    """Keep with each trust that was tried why it refused a token that is genuine.

    Of others anybody can make as many as they like.
    """
    if not isinstance(refused, NotAdmitted):
        return
    stale = Q(last_refused_at__isnull=True) | Q(last_refused_at__lt=now - _NOTE_AFTER)
    for trust, why in refused.tried:
        if distance(why) < 0:
            continue
        if trust.last_refused_at is None or trust.last_refused_at < now - _NOTE_AFTER:
            Trust.objects.filter(stale, pk=trust.pk).update(
                last_refused_at=now, last_refusal=facts(why)
            )


def facts(refused: Refused) -> dict[str, Any]:
    """A refusal as JSON, without anything that could be a secret."""
    return {
        "code": refused.code.value,
        "reason": shown(refused.reason),
        "check": refused.check,
        "claim": shown(refused.claim),
        "expected": shown(refused.expected),
        "actual": shown(refused.actual),
    }


def _tried(refused: Refused) -> list[dict[str, Any]]:
    if not isinstance(refused, NotAdmitted):
        return []
    return [
        {"trust": trust.pk, "name": trust.name, **facts(why)}
        for trust, why in refused.tried
    ]
