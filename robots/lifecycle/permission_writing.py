"""Writing what is staged: the events, what they tell of each repository, the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from robots.audit import Performer
from robots.batches import pieces
from robots.lifecycle.permission_counts import Counts
from robots.lifecycle.permission_events import groups, record
from robots.lifecycle.permission_staging import Staging, prepared
from robots.lifecycle.wanted import Wanted
from robots.models import Namespace
from robots.models.permission_changes import Change
from robots.streams import Streams

_EVENTS = 1_000
"""Events that are noted with one statement."""


class Raced(Exception):
    """Somebody else changed one of the permissions while they were written."""


@dataclass(frozen=True, slots=True)
class Writing:
    """One try, in a transaction. `intents` are what is wanted, by their numbers."""

    namespace: Namespace
    intents: Sequence[Wanted]
    streams: Streams
    by: Performer

    def write(self, staging: Staging) -> Counts:
        """Raises Raced unless each statement does as much as the events tell."""
        counts = self._record(staging)
        if not counts.changes:
            return counts
        # The permissions come last, as they hold what was there before.
        _expect(staging.write_small_print(), counts.changes)
        if counts.removed:
            _expect(staging.remove(), counts.removed)
        if counts.changed:
            _expect(staging.replace(), counts.changed)
        if counts.added:
            now = prepared("created_at", timezone.now())
            _expect(staging.add(now), counts.added)
        return counts

    def _record(self, staging: Staging) -> Counts:
        """Add the events of one kind of grantee; what they tell, in sum."""
        total = dict.fromkeys(Change, 0)
        found = groups(self.streams.read(*staging.groups()))
        for some in pieces(found, _EVENTS):
            noted = []
            for group in some:
                wanted = self.intents[group.intent]
                event = record(self.namespace, staging, group, wanted, self.by)
                noted.append((group.grantee_id, group.intent, event.pk))
                total = {kind: total[kind] + group.counts[kind] for kind in Change}
            staging.note_events(noted)
        changes = Counts(*total.values())
        return changes._replace(unchanged=staging.totals()[0] - changes.changes)


def _expect(done: int, counted: int) -> None:
    if done != counted:
        raise Raced
