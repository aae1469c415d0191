"""Deleting old events in a way that the rest of the chain still proves.

First a seal is added that says up to which event, signed like any other; the database
lets those be deleted and no others. Then they go, seal by seal. A purge that is killed
is finished by the next one.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from robots import audit
from robots.audit import Performer
from robots.audit_chain import reading
from robots.audit_chain.sealed_events import of_seal
from robots.audit_chain.sealing import Sealer
from robots.audit_chain.seals import Covered, made
from robots.audit_chain.verifying import Verifier
from robots.errors import DomainError
from robots.models import AuditEvent, AuditSeal, PermissionChange

PATIENCE = 30.0
"""Seconds to wait for transactions that are writing events."""

_TRIES = 5
_CHANGES = 5_000
"""Rows of one statement: SQLite's one writer is soon free again for requests."""


@dataclass(frozen=True, slots=True)
class Purgeable:
    """The seals whose events are all older than wanted, from the oldest on."""

    seals: int = 0
    events: int = 0
    last_seal: int = 0
    last_event: int = 0


def purgeable(sealer: Sealer, before: datetime) -> Purgeable:
    """What `purge` would delete: whole seals, up to the first with a newer event."""
    seals = AuditSeal.objects.using(sealer.alias).defer("leaves").order_by("number")
    events = AuditEvent.objects.using(sealer.alias)
    found = Purgeable()
    after = _purged_event(sealer)
    while seal := seals.filter(last_event__gt=after).first():
        here = events.filter(pk__gte=seal.first_event, pk__lte=seal.last_event)
        newest = here.aggregate(at=Max("created_at"))["at"]
        if newest is not None and newest >= before:
            break
        after = seal.last_event
        found = Purgeable(
            found.seals + 1, found.events + seal.event_count, seal.number, after
        )
    return found


def purge(
    sealer: Sealer,
    what: Purgeable,
    by: Performer,
    before: datetime,
    export: Path | None = None,
) -> int:
    """Delete it, and what an interrupted purge left; how many events went.

    Each is exported before as one line of JSON. Raises DomainError, with nothing
    deleted, unless what would go is proven; OSError if it cannot be exported.
    """
    _check(sealer, what)
    if what.seals:
        if export is not None:
            _export(sealer, what, export)
        _announce(sealer, what, by, before)
    return _delete(sealer)


def _check(sealer: Sealer, what: Purgeable) -> None:
    """A purge must not be how traces of a change are lost, nor a false seal a purge."""
    report = Verifier(sealer.alias, events_up_to=what.last_seal).run()
    if report.problem_count:
        raise DomainError(
            f"{report.problems[0]}: nothing is purged. verify_audit tells more."
        )


def _export(sealer: Sealer, what: Purgeable, path: Path) -> None:
    seals = AuditSeal.objects.using(sealer.alias).defer("leaves").order_by("number")
    purged = _purged_event(sealer)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        for seal in seals.filter(
            last_event__gt=purged, last_event__lte=what.last_event
        ).iterator():
            for event in of_seal(sealer.alias, seal):
                rows = reading.changes(sealer.alias, event.pk, event.pk)
                file.write(event.line([row for _, row in rows]) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _announce(sealer: Sealer, what: Purgeable, by: Performer, before: datetime) -> None:
    for _ in range(_TRIES):
        with transaction.atomic(using=sealer.alias):
            event = audit.record(
                "purge_audit",
                by,
                None,
                events=what.events,
                seals=what.seals,
                last_seal=what.last_seal,
                last_event=what.last_event,
                before=before.isoformat(),
            )
            if sealer.add(_purging_seal(sealer, what, event)):
                return
            transaction.set_rollback(True, using=sealer.alias)
    raise DomainError("Others were sealing all the time. Try again.")


def _purging_seal(sealer: Sealer, what: Purgeable, event: AuditEvent) -> AuditSeal:
    if sealer.watermark.decided(PATIENCE) < event.pk:
        raise DomainError(
            f"A transaction has been writing events for {PATIENCE:.0f} seconds."
            " Nothing is purged. Try again."
        )
    last = sealer.last()
    after = last.last_event if last else 0
    leaves = [
        (found.pk, found.digest)
        for found in reading.events(sealer.alias, after, event.pk)
    ]
    return made(last, Covered(leaves, what.last_event), timezone.now())


def _delete(sealer: Sealer) -> int:
    seals = AuditSeal.objects.using(sealer.alias)
    purged = seals.filter(last_event__lte=_purged_event(sealer)).exclude(leaves=b"")
    deleted = 0
    for number in list(purged.order_by("number").values_list("number", flat=True)):
        seal = seals.defer("leaves").get(number=number)
        deleted += _delete_events(sealer.alias, seal)
    return deleted


def _delete_events(alias: str, seal: AuditSeal) -> int:
    first, last = seal.first_event, seal.last_event
    changes = PermissionChange.objects.using(alias)
    here = changes.filter(event_id__gte=first, event_id__lte=last)
    while keys := list(here.order_by().values_list("pk", flat=True)[:_CHANGES]):
        changes.filter(pk__in=keys)._raw_delete(alias)
    with transaction.atomic(using=alias):
        events = AuditEvent.objects.using(alias)
        gone = events.filter(pk__gte=first, pk__lte=last)._raw_delete(alias)
        AuditSeal.objects.using(alias).filter(pk=seal.pk).update(leaves=b"")
    return gone


def _purged_event(sealer: Sealer) -> int:
    seals = AuditSeal.objects.using(sealer.alias)
    return seals.aggregate(to=Max("purged_event"))["to"] or 0
