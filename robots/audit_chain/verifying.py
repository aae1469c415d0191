"""Going through the chain: seals against each other, events against their seals.

It writes nothing, and reads page by page, so it may run while the site does, or on a
copy. Seals never change and the ids below them are decided: no snapshot is needed.
"""

import hmac
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Max, Min
from django.utils import timezone

from robots.audit_chain import digests, reading
from robots.audit_chain.findings import Head, Problem, Purge, Report, compared
from robots.audit_chain.seals import is_ours, is_whole
from robots.audit_chain.triggers import trigger_problems
from robots.errors import DomainError
from robots.models import AuditEvent, AuditSeal

_PAGE = 1_000


class Verifier:
    """One run. Raises django.db's errors, and DomainError for a wrong `start`."""

    def __init__(
        self,
        alias: str,
        *,
        start: int = 1,
        expected: Head | None = None,
        events_up_to: int | None = None,
        sealed_within: timedelta | None = None,
    ) -> None:
        """`start` is the number of the seal to begin with, the one before it is taken
        as it is. `expected` must be in the chain. Of seals above `events_up_to` the
        events are not looked at. Events that have waited for a seal for longer than
        `sealed_within` are a finding; None lets them wait for ever.
        """
        self._seals = AuditSeal.objects.using(alias)
        self._events = AuditEvent.objects.using(alias)
        self._alias = alias
        self._start = self._due = start
        self._expected = expected
        self._events_up_to = events_up_to
        self._sealed_within = sealed_within
        self._purged = self._purged_event()
        self._unvouched: list[int] = []
        self.report = Report()

    def run(self) -> Report:
        previous = self._before_start()
        number, covered = self._start - 1, reading.BEFORE_ALL
        covered = previous.last_event if previous else covered
        for number, seal in self._each_seal():
            self._look_at(number, seal, previous, covered)
            if seal is not None:
                covered = max(covered, seal.last_event)
            previous = seal
        self._look_at_end(number)
        self.report.triggers = list(trigger_problems(self._alias))
        self._look_at_unsealed(covered)
        return self.report

    def _before_start(self) -> AuditSeal | None:
        if self._start == 1:
            return None
        if self._expected and self._expected.number < self._start:
            raise DomainError("--expect names a seal that comes before --from.")
        before = self._seals.filter(number=self._start - 1).first()
        if before is None:
            raise DomainError(f"There is no audit seal {self._start - 1}.")
        return before

    def _each_seal(self) -> Iterator[tuple[int, AuditSeal | None]]:
        """Number and seal, None for one that cannot be read."""
        last = self._start - 1
        numbers = self._seals.order_by("number").values_list("number", flat=True)
        while page := list(numbers.filter(number__gt=last)[:_PAGE]):
            for number in page:
                yield number, self._seal(number)
            last = page[-1]

    def _seal(self, number: int) -> AuditSeal | None:
        try:
            return self._seals.get(number=number)
        except AuditSeal.DoesNotExist:
            return None
        except reading.NOT_READ as error:
            if not reading.is_unreadable(error):
                raise
            return None

    def _look_at(
        self, number: int, seal: AuditSeal | None, last: AuditSeal | None, covered: int
    ) -> None:
        report = self.report
        report.seals += 1
        due, self._due = self._due, number + 1
        report.add(Problem("seal", gone, "is missing") for gone in range(due, number))
        if seal is None:
            report.add([Problem("seal", number, "cannot be read")])
            return
        report.head = str(seal)
        if due != number:
            # What the missing ones covered is not known any more.
            covered = seal.first_event - 1
        report.add(self._header_problems(seal))
        if due == number and (last or number == 1):
            link = last.hash if last else ""
            if seal.previous != link:
                trouble = f"does not follow seal {number - 1}"
                report.add([Problem("seal", number, trouble)])
        if seal.purged_event is not None:
            report.purges.append(self._purge(seal))
        if self._events_up_to is None or number <= self._events_up_to:
            self._look_at_events(seal, covered)

    def _header_problems(self, seal: AuditSeal) -> Iterator[Problem]:
        by_us = is_ours(seal)
        if not is_whole(seal):
            yield Problem("seal", seal.number, "was changed")
        elif by_us is None:
            self._unvouched.append(seal.number)
            if seal.key_id not in self.report.retired_keys:
                self.report.retired_keys.append(seal.key_id)
        elif by_us:
            # Each seal repeats the hash of the one before: this one vouches for all.
            self._unvouched.clear()
        else:
            yield Problem("seal", seal.number, "was not made by this site")
        if not self._is_expected(seal):
            yield Problem("seal", seal.number, "is not the expected one")

    def _is_expected(self, seal: AuditSeal) -> bool:
        expected = self._expected
        if expected is None or expected.number != seal.number:
            return True
        return hmac.compare_digest(expected.hash.encode(), seal.hash.encode())

    def _look_at_events(self, seal: AuditSeal, covered: int) -> None:
        problems = (
            []
            if seal.last_event <= self._purged
            else self._event_problems(seal, covered)
        )
        if problems:
            # A purge that began since this run did is no problem.
            self._purged = self._purged_event()
        if seal.last_event <= self._purged:
            self.report.purged_seals += 1
            self.report.purged_events += seal.event_count
            self.report.add(self._purged_problems(seal, covered))
            return
        self.report.events += seal.event_count
        self.report.add(problems)

    def _event_problems(self, seal: AuditSeal, covered: int) -> list[Problem]:
        leaves = bytes(seal.leaves)
        found = (
            (event.pk, event.digest)
            for event in reading.events(self._alias, covered, seal.last_event)
        )
        if digests.list_digest(leaves) == seal.digest:
            return list(compared(digests.unpacked(leaves), found))
        problems = [Problem("seal", seal.number, "had its list of events changed")]
        if digests.list_digest(digests.packed(found)) != seal.digest:
            trouble = (
                f"does not match events {seal.first_event} to {seal.last_event}, and"
                " its list cannot tell which"
            )
            problems.append(Problem("seal", seal.number, trouble))
        return problems

    def _purged_problems(self, seal: AuditSeal, covered: int) -> Iterator[Problem]:
        """Nothing is to be there but what a purge that was not finished left: its list
        is emptied together with its events.
        """
        leaves = bytes(seal.leaves)
        is_list = digests.list_digest(leaves) == seal.digest
        left = {pk for pk, _ in digests.unpacked(leaves)} if is_list else set()
        here = self._events.filter(pk__gt=covered, pk__lte=seal.last_event)
        found = here.order_by("pk").values_list("pk", flat=True)
        for pk in found.iterator():
            if pk not in left:
                yield Problem("event", pk, "was inserted")

    def _purge(self, seal: AuditSeal) -> Purge:
        tells = self._events.filter(pk=seal.last_event).first()
        by = tells.performer_name if tells else ""
        return Purge(seal.number, seal.purged_event or 0, seal.sealed_at, by)

    def _look_at_end(self, number: int) -> None:
        if self._unvouched:
            trouble = (
                "and those after it are vouched for by no key in ROBOTS_SECRET_KEYS"
            )
            self.report.add([Problem("seal", self._unvouched[0], trouble)])
        if self._expected and self._expected.number > number:
            trouble = f"is gone: the chain ends with seal {number}"
            self.report.add([Problem("seal", self._expected.number, trouble)])

    def _look_at_unsealed(self, covered: int) -> None:
        rest = self._events.filter(pk__gt=covered)
        self.report.unsealed = rest.count()
        oldest = rest.aggregate(at=Min("created_at"))["at"]
        self.report.oldest_unsealed = oldest
        if oldest is not None and self._sealed_within is not None:
            self.report.is_late = timezone.now() - oldest > self._sealed_within
        purged = self._events.filter(pk__lte=self._purged)
        self.report.left_to_purge = purged.count()

    def _purged_event(self) -> int:
        return self._seals.aggregate(to=Max("purged_event"))["to"] or 0
