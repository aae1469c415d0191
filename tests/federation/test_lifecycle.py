"""Trusts are added and removed; every write is one, and told of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from federation import lifecycle
from federation.entries import MAX_TRUSTS, Entry
from federation.errors import TrustInvalid
from federation.lifecycle import (
    add_trust,
    add_trusts,
    change_trust,
    clear_trusts,
    plan_trusts,
    remove_trust,
    revise_trust,
    set_trust_enabled,
    set_trusts,
)
from federation.models import Trust
from federation.pairs import Pair
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.models import AuditEvent, Robot
from tests.conftest import Cast
from tests.federation.written_trusts import (
    APP,
    BY,
    FULL,
    RUN,
    WEB,
    lives,
    said,
    token_of,
)
from tests.robots.ledger import recorded, unchanged

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("entry", [APP, WEB, FULL], ids=["plain", "named", "full"])
def test_a_trust_is_stored_as_it_was_said(cast: Cast, entry: Entry) -> None:
    made = add_trust(cast.ci, entry, BY)
    stored = Trust.objects.get()
    assert (stored.pk, stored.entry, stored.robot) == (made.pk, entry, cast.ci)
    assert (stored.created_by, stored.digest) == (BY.name, entry.digest)


def test_adding_is_audited_with_keys_by_name_only(cast: Cast) -> None:
    facts = {
        "robot": "ci",
        "issuer": FULL.issuer,
        "subject": FULL.subject,
        "audiences": ["quay", "other"],
        "name": "everything",
        "subject_match": "glob",
        "ignore_case": True,
        "conditions": [condition.facts() for condition in FULL.conditions],
        "max_age": 600,
        "single_use": True,
        "keys": ["key-1"],
        "expires_at": "2090-01-01T00:00:00+00:00",
    }
    add_trust(cast.ci, FULL, BY)
    event = AuditEvent.objects.get(kind="add_robot_trust")
    key = Trust.objects.get().pk
    assert event.facts == {**facts, "trust": key, "trust_name": "everything"}
    assert (event.namespace, event.performer_name) == (cast.acme, BY.name)


def test_trusts_added_come_after_the_others_in_their_order(cast: Cast) -> None:
    set_trusts(cast.ci, [WEB, APP], BY)
    add_trusts(
        cast.ci, [FULL, replace(APP, subject="z"), replace(APP, subject="b")], BY
    )
    subjects = [entry.subject for entry in said(cast.ci)]
    assert subjects == [WEB.subject, APP.subject, FULL.subject, "z", "b"]


def test_places_stay_dense_when_trusts_come_and_go(cast: Cast) -> None:
    for number in range(4):
        add_trust(cast.ci, replace(APP, subject=f"s{number}"), BY)
    for number in range(4, 9):
        remove_trust(Trust.objects.filter(robot=cast.ci)[1], BY)
        add_trust(cast.ci, replace(APP, subject=f"s{number}"), BY)
    trusts = Trust.objects.filter(robot=cast.ci)
    assert [trust.position for trust in trusts] == [0, 1, 2, 3]
    assert [trust.subject for trust in trusts] == ["s0", "s6", "s7", "s8"]


@pytest.mark.parametrize(
    ("entries", "error", "text"),
    [
        ([replace(APP, issuer="ftp://x")], TrustInvalid, "Issuer must be a URL"),
        ([replace(APP, subject="*")], TrustInvalid, "subject: "),
        ([APP, APP], TrustInvalid, "Duplicate federation config entry"),
        ([APP, WEB], AlreadyExists, "Trust"),
        ([APP, replace(WEB, audiences=("x",))], AlreadyExists, "lets in the same"),
        (
            [
                APP,
                replace(
                    APP, subject="old", expires_at=datetime(2020, 1, 1, tzinfo=UTC)
                ),
            ],
            TrustInvalid,
            "expires_at: must be in the future",
        ),
        (
            [replace(APP, subject=f"s{number}") for number in range(MAX_TRUSTS)],
            TrustInvalid,
            "At most 100 federation config entries",
        ),
    ],
    ids=["issuer", "linter", "twice", "held", "other audiences", "ended", "too many"],
)
def test_what_cannot_be_added_adds_nothing_of_it(
    cast: Cast, entries: list[Entry], error: type[DomainError], text: str
) -> None:
    set_trusts(cast.ci, [WEB], BY)
    for deed in (add_trusts, plan_trusts):
        with unchanged(), pytest.raises(error, match=text):
            deed(cast.ci, entries, BY)
        assert said(cast.ci) == [WEB]


def test_a_plan_is_what_would_be_stored_and_stores_nothing(cast: Cast) -> None:
    with unchanged():
        [planned] = plan_trusts(cast.ci, [FULL], BY)
    assert planned.entry == FULL
    assert not Trust.objects.exists()


def test_two_robots_may_trust_the_same(cast: Cast) -> None:
    add_trust(cast.ci, APP, BY)
    add_trust(cast.reader, APP, BY)
    assert said(cast.ci) == said(cast.reader) == [APP]


def test_a_pair_keeps_the_trust_that_has_it_whole(cast: Cast) -> None:
    full = replace(FULL, keys="")
    trust = add_trust(cast.ci, full, BY)
    token = token_of(trust)
    stored = set_trusts(cast.ci, [Pair(*WEB.pair), Pair(*full.pair)], BY)
    assert stored == said(cast.ci) == [Entry(*WEB.pair), full]
    assert Trust.objects.filter(pk=trust.pk).exists() and lives(token)
    event = AuditEvent.objects.get(kind="create_robot_federation")
    assert [config["subject"] for config in event.facts["config"]] == [
        WEB.subject,
        FULL.subject,
    ]
    assert event.facts["config"][1]["single_use"] is True


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ([replace(APP, max_age=5, conditions=(RUN,)), FULL], "Duplicate federation"),
        (
            [replace(APP, conditions=(RUN,)), replace(APP, ignore_case=True)],
            "say which",
        ),
    ],
    ids=["it is there already", "it could be either"],
)
def test_a_pair_that_tells_no_trust_from_another_changes_nothing(
    held: list[Entry], text: str, cast: Cast
) -> None:
    set_trusts(cast.ci, held, BY)
    with unchanged(), pytest.raises(TrustInvalid, match=text):
        set_trusts(cast.ci, [Pair(*APP.pair), held[0]], BY)
    assert said(cast.ci) == held


DEEDS_ON_A_ROBOT: dict[str, Callable[[Robot], object]] = {
    "set": lambda robot: set_trusts(robot, [APP], BY),
    "clear": lambda robot: clear_trusts(robot, BY),
    "add": lambda robot: add_trust(robot, APP, BY),
}


@pytest.mark.parametrize("deed", DEEDS_ON_A_ROBOT.values(), ids=DEEDS_ON_A_ROBOT)
def test_a_robot_that_is_gone_has_no_trusts(
    cast: Cast, deed: Callable[[Robot], object]
) -> None:
    gone = Robot.objects.get(pk=cast.ci.pk)
    cast.ci.delete()
    with unchanged(), pytest.raises(NotFound):
        deed(gone)


DEEDS_ON_A_TRUST: dict[str, Callable[[Trust], object]] = {
    "change": lambda trust: change_trust(trust, WEB, BY),
    "revise": lambda trust: revise_trust(trust, BY, name="new"),
    "disable": lambda trust: set_trust_enabled(trust, False, BY),
    "remove": lambda trust: remove_trust(trust, BY),
}


@pytest.mark.parametrize("deed", DEEDS_ON_A_TRUST.values(), ids=DEEDS_ON_A_TRUST)
def test_a_trust_that_is_gone_or_of_another_robot_is_not_found(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    gone = add_trust(cast.ci, APP, BY)
    Trust.objects.filter(pk=gone.pk).delete()
    foreign = add_trust(cast.reader, APP, BY)
    foreign.robot = cast.ci
    for trust in (gone, foreign):
        with unchanged(), pytest.raises(NotFound):
            deed(trust)
    assert said(cast.reader) == [APP]


def test_removing_is_audited_with_what_it_said(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    facts = {
        "robot": "ci",
        "trust": trust.pk,
        "trust_name": "",
        "issuer": APP.issuer,
        "subject": APP.subject,
    }
    with recorded("remove_robot_trust", cast.acme, **facts):
        remove_trust(trust, BY)
    assert not Trust.objects.exists()


def test_a_collision_that_only_the_database_sees_is_told(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_trust(cast.ci, APP, BY)
    monkeypatch.setattr(lifecycle, "_check_new", lambda held, entry: None)
    with unchanged(), pytest.raises(DomainError, match="changed meanwhile"):
        add_trust(cast.ci, APP, BY)
    assert said(cast.ci) == [APP]
