"""Sealing beside writers and other sealers on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from robots.audit_chain import sealing
from robots.audit_chain.sealing import Sealer
from robots.models import AuditEvent, AuditSeal
from tests.robots.audit_chain.chains import events, verified

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="in the tests of SQLite all threads share one connection",
    ),
]

SECONDS = 20
"""After which a test has failed."""


def test_two_that_seal_at_once_make_one_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SIZE", 3)
    events(60)
    start = threading.Barrier(4)

    def seal() -> int:
        start.wait(SECONDS)
        try:
            return Sealer().seal()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sealed = [one.result() for one in [pool.submit(seal) for _ in range(4)]]
    assert sum(sealed) == 60
    report = verified()
    assert (report.is_sound, report.seals, report.events) == (True, 20, 60)


def test_events_of_many_writers_with_late_commits_are_sealed_in_order() -> None:
    """Half of the writers give up; some commit long after others drew later ids."""
    stop = threading.Event()

    def write(number: int) -> int:
        kept = 0
        try:
            for turn in range(12):
                try:
                    with transaction.atomic():
                        events(1 + turn % 3)
                        stop.wait(0.002 * ((number * turn) % 5))
                        if turn % 4 == 3:
                            raise RuntimeError
                    kept += 1 + turn % 3
                except RuntimeError:
                    continue
        finally:
            connections.close_all()
        return kept

    sealer = Sealer()
    with ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, number) for number in range(6)]
        while not all(one.done() for one in writers):
            sealer.seal(patience=0.02)
    written = sum(one.result() for one in writers)
    sealer.seal(patience=SECONDS)
    report = verified()
    assert [str(problem) for problem in report.problems] == []
    assert (report.events, report.unsealed) == (written, 0)
    assert AuditEvent.objects.count() == written


def test_a_late_commit_is_waited_for_and_holds_nobody_up() -> None:
    drawn, commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                events(1)
                drawn.set()
                assert commit.wait(SECONDS)
        finally:
            connections.close_all()

    sealer = Sealer()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert drawn.wait(SECONDS)
        (later,) = events(1)  # a later id, committed before
        assert sealer.seal() == 0
        assert sealer.watermark.is_waiting
        (latest,) = events(1)
        commit.set()
        slow.result()
    assert sealer.seal(patience=SECONDS) == 3
    seal = AuditSeal.objects.get()
    assert (seal.first_event, seal.last_event) == (later - 1, latest)
    assert verified().is_sound


def test_an_open_transaction_that_wrote_no_event_is_not_waited_for() -> None:
    events(1)
    begun, end = threading.Event(), threading.Event()

    def read_on() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT COUNT(*) FROM robots_auditevent")
                begun.set()
                assert end.wait(SECONDS)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_on)
        assert begun.wait(SECONDS)
        assert Sealer().seal() == 1
        end.set()
        reading.result()
