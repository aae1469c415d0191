"""Events that are sealed, with the seal of each, in the order of their ids."""

from collections.abc import Iterator

from robots.audit_chain import reading
from robots.audit_chain.lines import SealedEvent
from robots.models import AuditSeal


def sealed_events(alias: str, after: int) -> Iterator[SealedEvent]:
    """Those with ids above `after`; what is sealed later is not waited for."""
    seals = AuditSeal.objects.using(alias).defer("leaves").order_by("last_event")
    while seal := seals.filter(last_event__gt=after).first():
        yield from of_seal(alias, seal, after)
        after = seal.last_event


def of_seal(alias: str, seal: AuditSeal, after: int = 0) -> Iterator[SealedEvent]:
    """The events of one seal that are still there."""
    begin = max(after, seal.first_event - 1)
    for event in reading.events(alias, begin, seal.last_event):
        yield SealedEvent(
            event.columns, event.pk, event.digest.hex(), seal.number, seal.hash
        )
