"""Applies that meet: one waits for the other, and both end well. So do trusts."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event
from typing import TypeVar

import pytest
from django.db import OperationalError, connection, connections, transaction

from federation.access_files import FederationTrusts
from federation.entries import Entry
from federation.lifecycle import add_trust, remove_trust, set_trusts
from federation.models import Trust
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import reconcile_all
from robots.models import Namespace, Robot
from tests import factories
from tests.factories import BY
from tests.robots.accessfile.applying import apply
from tests.robots.accessfile.files import AFTER, BEFORE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="in the tests of SQLite all threads share one connection",
    ),
]

_Answer = TypeVar("_Answer")


def together(*calls: Callable[[], _Answer]) -> list[_Answer]:
    """What each answers, all begun at one moment on connections of their own."""
    start = Barrier(len(calls))

    def run(call: Callable[[], _Answer]) -> _Answer:
        start.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def changes(*texts: str, prune: bool = True) -> int:
    """How much there was to change; -1 if it was refused."""
    files = [
        read_access_file(f"{n}.yaml", text.encode()) for n, text in enumerate(texts)
    ]
    try:
        return len(reconcile_all(files, BY, prune=prune).changes)
    except FileInvalid:
        return -1


def test_the_same_change_is_made_once() -> None:
    factories.user("alice")
    factories.user("bob")
    apply(BEFORE)
    expected = len(apply(AFTER, prune=True, dry_run=True).changes)
    done = together(*[lambda: changes(AFTER)] * 4)
    assert sorted(done) == [0, 0, 0, expected]
    assert changes(AFTER) == 0


def test_two_that_name_the_same_in_another_order_do_not_deadlock() -> None:
    factories.user("alice")
    factories.user("bob")
    apply(BEFORE)
    one = (
        "version: 1\nnamespaces: {acme: {robots: {a1: {}},"
        " repositories: {web: {permissions: {alice: read, bob: write}}}}}\n"
    )
    two = (
        "version: 1\nnamespaces: {alice: {personal: true, robots: {b1: {}},"
        " repositories: {notes: {visibility: public, permissions: {bob: read}}}}}\n"
    )
    for _ in range(3):
        done = together(
            lambda: changes(one, two, prune=False),
            lambda: changes(two, one, prune=False),
        )
        assert min(done) == 0
        assert max(done) > 0
        Robot.objects.filter(name__in=["a1", "b1"]).delete()
    assert changes(one, two, prune=False) == 2


def test_of_two_that_create_one_organization_one_is_refused_or_has_nothing_to_do() -> (
    None
):
    factories.user("alice")
    factories.user("bob")
    done = together(*[lambda: changes(BEFORE)] * 3)
    assert len([count for count in done if count > 0]) == 1
    assert set(done) <= {max(done), 0, -1}
    assert Namespace.objects.filter(name="acme").count() == 1
    assert changes(BEFORE) == 0


TRUSTING = """\
version: 1
namespaces:
  acme:
    robots:
      ci:
        trusts:
          - {issuer: 'https://new.example.com', subject: me}
"""


def applied_meanwhile(
    monkeypatch: pytest.MonkeyPatch, robot: Robot, deed: Callable[[], object]
) -> set[str]:
    """Who is trusted when the deed was done while TRUSTING was being applied.

    It begins once the apply knows what is there, and cannot end before the apply.
    """
    held, begun = FederationTrusts.held, Event()
    free: list[Robot] = []
    threads: list[Future[None]] = []

    def run() -> None:
        try:
            with suppress(OperationalError), transaction.atomic():
                rows = Robot.objects.select_for_update(nowait=True, no_key=True)
                free.append(rows.get(pk=robot.pk))
        finally:
            begun.set()
        try:
            deed()
        finally:
            connections.close_all()

    def held_meanwhile(keeper: FederationTrusts, namespace: Namespace) -> object:
        found = held(keeper, namespace)
        threads.append(pool.submit(run))
        assert begun.wait(20)
        return found

    monkeypatch.setattr(FederationTrusts, "held", held_meanwhile)
    with ThreadPoolExecutor(1) as pool:
        apply(TRUSTING)
        (thread,) = threads
        thread.result(20)
    assert not free
    return set(Trust.objects.values_list("issuer", flat=True))


def test_a_trust_that_is_revoked_meanwhile_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    robot, _ = factories.robot(factories.organization("acme"), "ci")
    set_trusts(robot, [Entry("https://leaked.example.com", "thief")], BY)
    (leaked,) = Trust.objects.all()
    trusted = applied_meanwhile(monkeypatch, robot, lambda: remove_trust(leaked, BY))
    assert trusted == {"https://new.example.com"}


def test_a_trust_that_is_added_meanwhile_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    robot, _ = factories.robot(factories.organization("acme"), "ci")
    entry = Entry("https://added.example.com", "x")
    trusted = applied_meanwhile(monkeypatch, robot, lambda: add_trust(robot, entry, BY))
    assert trusted == {"https://new.example.com", "https://added.example.com"}
