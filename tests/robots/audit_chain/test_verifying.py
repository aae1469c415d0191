"""verify_audit: whatever is changed, taken away or put in, is found and named."""

from typing import Any

import pytest
from django.db import DataError, connection, transaction
from pytest_django.fixtures import Settings

from robots.audit_chain.sealing import ChainBroken, Sealer
from robots.audit_chain.seals import header_of
from robots.errors import DomainError
from robots.models import AuditEvent, AuditSeal
from tests.audit_triggers import lifted
from tests.robots.audit_chain.chains import (
    bulk_event,
    chain,
    events,
    head,
    problems,
    tamper,
    verified,
)

pytestmark = pytest.mark.django_db

OLD, NEW = "o" * 40, "n" * 40
"""Root keys."""


@pytest.fixture(autouse=True)
def own_key(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD


def test_what_nobody_touched_is_sound() -> None:
    ids = chain()
    late = events(2)
    report = verified()
    assert report.is_sound
    assert (report.seals, report.events, report.unsealed) == (3, 9, 2)
    oldest = AuditEvent.objects.get(pk=late[0])
    assert report.oldest_unsealed == oldest.created_at
    assert report.head == "{}:{}".format(*head())
    last = AuditSeal.objects.latest("number")
    assert (last.first_event, last.last_event) == (ids[2][0], ids[2][-1])


def test_an_empty_log_is_sound() -> None:
    report = verified()
    assert (report.is_sound, report.head, report.unsealed) == (True, "", 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "create_robos"),
        ("namespace_id", 7),
        ("namespace_name", "acme"),
        ("repository_name", "w"),
        ("performer_kind", "systen"),
        ("performer_name", "manage.py tesu"),
        ("performer_user_id", 0),
        ("address", "192.0.2.1"),
        ("request_id", "x"),
        ("created_at", "2026-01-01 00:00:00+00"),
        ("facts", '{"robot": "ci-0"}'),
        ("facts", "{}"),
    ],
)
def test_a_changed_column_is_found(column: str, value: Any) -> None:
    ids = chain()
    sql = f"UPDATE robots_auditevent SET {column} = %s WHERE id = %s"  # noqa: S608
    tamper(sql, value, ids[1][1])
    assert problems() == [f"event {ids[1][1]} was changed"]


def test_each_single_bit_of_an_event_counts() -> None:
    """Of the columns that hold text, on SQLite as the file has them."""
    ((pk,),) = chain(seals=1, each=1)
    texts = {
        "kind": "create_robot",
        "performer_name": AuditEvent.objects.get(pk=pk).performer_name,
        "facts": '{"robot": "ci-0"}',
    }
    undetected = []
    for column, text in texts.items():
        for place in range(len(text) * 8):
            data = bytearray(text.encode())
            data[place // 8] ^= 1 << place % 8
            if _is_stored(pk, column, bytes(data)) and not problems():
                undetected.append((column, bytes(data)))
        _store(pk, column, text)
        assert problems() == []
    assert undetected == []


def _is_stored(pk: int, column: str, data: bytes) -> bool:
    """False where the engine has no way to hold such a text."""
    if connection.vendor == "sqlite":
        _store(pk, column, data)
        return True
    try:
        with transaction.atomic():
            _store(pk, column, data.decode())
    except (UnicodeDecodeError, DataError):
        return False
    return True


def _store(pk: int, column: str, text: str | bytes) -> None:
    place = "CAST(%s AS TEXT)" if isinstance(text, bytes) else "%s"
    tamper(
        f"UPDATE robots_auditevent SET {column} = {place} WHERE id = %s",  # noqa: S608
        text,
        pk,
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE robots_permissionchange SET before_role = 2"
        " WHERE repository_name = 'web'",
        "UPDATE robots_permissionchange SET before_until = NULL"
        " WHERE repository_name = 'web'",
        "UPDATE robots_permissionchange SET change = 1 WHERE repository_name = 'api'",
        "UPDATE robots_permissionchange SET repository_name = 'x'"
        " WHERE repository_name = 'api'",
        "DELETE FROM robots_permissionchange WHERE repository_name = 'api'",
        "DELETE FROM robots_permissionchange",
        "INSERT INTO robots_permissionchange (event_id, repository_name, change)"
        " SELECT event_id, 'z', 1 FROM robots_permissionchange"
        " WHERE repository_name = 'web'",
        *(
            "INSERT INTO robots_permissionchange (id, event_id, repository_name,"  # noqa: S608
            f" change) SELECT {pk}, event_id, 'z', 1 FROM robots_permissionchange"
            " WHERE repository_name = 'web'"
            for pk in (0, -1, -(2**63))
        ),
    ],
)
def test_the_small_print_is_part_of_its_event(change: str) -> None:
    events()
    pk = bulk_event()
    Sealer().seal()
    assert problems() == []
    tamper(change)
    assert problems() == [f"event {pk} was changed"]


def test_a_deleted_event_is_missed() -> None:
    ids = chain()
    tamper("DELETE FROM robots_auditevent WHERE id IN (%s, %s)", ids[0][0], ids[2][2])
    assert problems() == [
        f"event {ids[0][0]} is missing",
        f"event {ids[2][2]} is missing",
    ]


def test_all_events_of_a_seal_are_missed() -> None:
    ids = chain()
    tamper("DELETE FROM robots_auditevent WHERE id >= %s", ids[2][0])
    assert problems() == [f"event {pk} is missing" for pk in ids[2]]


def test_an_inserted_event_is_found_wherever_there_is_a_free_id() -> None:
    first, middle = events(3), events(1)[0]
    events(1)
    tamper("DELETE FROM robots_auditevent WHERE id IN (%s, %s)", first[0], middle)
    Sealer().seal()
    copy = (
        "INSERT INTO robots_auditevent (id, kind, namespace_name, repository_name,"
        " performer_kind, performer_name, request_id, created_at, facts) SELECT %s,"
        " kind, namespace_name, repository_name, performer_kind, performer_name,"
        " request_id, created_at, facts FROM robots_auditevent WHERE id = %s"
    )
    for pk in (first[0], middle, -5, -(2**63)):
        tamper(copy, pk, first[1])
    inserted = (-(2**63), -5, first[0], middle)
    assert problems() == [f"event {pk} was inserted" for pk in inserted]


def test_events_that_changed_places_are_told_apart_from_changed_ones() -> None:
    ids = chain()
    one, other = ids[1][0], ids[1][2]
    move = "UPDATE robots_auditevent SET id = %s WHERE id = %s"
    for to, pk in ((-1, one), (one, other), (other, -1)):
        tamper(move, to, pk)
    assert problems() == [
        f"event {one} says what event {other} said: they were reordered",
        f"event {other} says what event {one} said: they were reordered",
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("previous", "0" * 64),
        ("event_count", 4),
        ("digest", "0" * 64),
        ("purged_event", 1),
        ("sealed_at", "2026-01-01 00:00:00+00"),
        ("key_id", "0" * 16),
        ("mac", "0" * 64),
        ("hash", "0" * 64),
        ("first_event", None),
        ("last_event", None),
    ],
)
def test_a_changed_seal_is_found(column: str, value: Any) -> None:
    ids = chain()
    values = {"first_event": ids[1][0] - 1, "last_event": ids[1][2] - 1}
    tamper(
        f"UPDATE robots_auditseal SET {column} = %s WHERE number = 2",  # noqa: S608
        values.get(column, value),
    )
    assert "seal 2 was changed" in problems()


def test_a_changed_list_is_found_and_its_events_still_compared() -> None:
    ids = chain()
    leaves = bytearray(AuditSeal.objects.get(number=2).leaves)
    leaves[20] ^= 1
    change = "UPDATE robots_auditseal SET leaves = %s WHERE number = 2"
    tamper(change, bytes(leaves))
    assert problems() == ["seal 2 had its list of events changed"]
    tamper("UPDATE robots_auditevent SET kind = 'x' WHERE id = %s", ids[1][0])
    assert len(problems()) == 2
    assert f"does not match events {ids[1][0]} to {ids[1][2]}" in problems()[1]


def test_a_removed_seal_is_missed() -> None:
    chain()
    tamper("DELETE FROM robots_auditseal WHERE number = 2")
    assert problems() == ["seal 2 is missing"]


def test_the_first_seal_is_missed() -> None:
    chain()
    tamper("DELETE FROM robots_auditseal WHERE number = 1")
    assert problems() == ["seal 1 is missing"]


def test_seals_that_changed_places_are_found() -> None:
    chain()
    move = "UPDATE robots_auditseal SET number = %s WHERE number = %s"
    for to, number in ((9, 1), (1, 2), (2, 9)):
        tamper(move, to, number)
    assert {"seal 1 was changed", "seal 2 was changed"} <= set(problems())


def test_who_has_no_key_cannot_make_a_seal(settings: Settings) -> None:
    """An intruder changes an event, and makes every seal from there on anew."""
    ids = chain()
    noted = head()
    tamper("UPDATE robots_auditevent SET kind = 'x' WHERE id = %s", ids[1][0])
    with lifted():
        AuditSeal.objects.filter(number__gte=2)._raw_delete("default")
    settings.ROBOTS_SECRET_KEYS = NEW
    for _ in range(2):
        Sealer().seal(accepted=str(AuditSeal.objects.latest("number")))
    settings.ROBOTS_SECRET_KEYS = OLD
    assert problems() == [
        "seal 2 and those after it are vouched for by no key in ROBOTS_SECRET_KEYS"
    ]
    assert "seal 3 is gone: the chain ends with seal 2" in problems(expected=noted)


def test_a_seal_with_a_false_signature_is_not_ours() -> None:
    """Its hash is right, which needs no key; what signs it is made up."""
    chain()
    seal = AuditSeal.objects.get(number=3)
    seal.mac = "0" * 64
    right = header_of(seal).hash(seal.mac)
    change = "UPDATE robots_auditseal SET mac = %s, hash = %s WHERE number = 3"
    tamper(change, seal.mac, right)
    assert problems() == ["seal 3 was not made by this site"]
    events(1)
    with pytest.raises(ChainBroken):
        Sealer().seal()


def test_a_cut_off_end_shows_against_a_head_noted_elsewhere() -> None:
    ids = chain()
    noted = head()
    assert verified(expected=noted).is_sound
    tamper("DELETE FROM robots_auditseal WHERE number = 3")
    tamper("DELETE FROM robots_auditevent WHERE id >= %s", ids[2][0])
    assert problems() == []
    assert problems(expected=noted) == ["seal 3 is gone: the chain ends with seal 2"]
    chain(seals=1)
    assert problems(expected=noted) == ["seal 3 is not the expected one"]


def test_an_earlier_head_stays_in_the_chain() -> None:
    chain(seals=1)
    noted = head()
    chain(seals=2)
    assert verified(expected=noted).is_sound


def test_a_run_may_begin_later() -> None:
    ids = chain()
    tamper("UPDATE robots_auditevent SET kind = 'x' WHERE id = %s", ids[0][0])
    report = verified(start=2)
    assert (report.is_sound, report.seals, report.events) == (True, 2, 6)
    with pytest.raises(DomainError, match="There is no audit seal 8"):
        verified(start=9)
    with pytest.raises(DomainError, match="before --from"):
        verified(start=3, expected=head()._replace(number=1))


def test_keys_are_rotated_and_taken_away(settings: Settings) -> None:
    chain(seals=1)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    chain(seals=1)
    settings.ROBOTS_SECRET_KEYS = NEW
    report = verified()
    assert report.is_sound
    assert report.retired_keys == [AuditSeal.objects.get(number=1).key_id]
    chain(seals=1)
    assert verified().is_sound


def test_a_last_seal_of_an_unknown_key_is_not_extended(settings: Settings) -> None:
    chain(seals=1)
    settings.ROBOTS_SECRET_KEYS = NEW
    events()
    with pytest.raises(ChainBroken, match="not in ROBOTS_SECRET_KEYS"):
        Sealer().seal()
    assert AuditSeal.objects.count() == 1
    assert Sealer().seal(accepted=str(AuditSeal.objects.get())) == 3
    assert verified().is_sound


def test_a_changed_last_seal_is_not_extended() -> None:
    chain(seals=1)
    tamper("UPDATE robots_auditseal SET event_count = 2")
    events()
    with pytest.raises(ChainBroken, match="was changed"):
        Sealer().seal(accepted=str(AuditSeal.objects.get()))
    assert AuditSeal.objects.count() == 1


def test_missing_triggers_are_named() -> None:
    chain(seals=1)
    with lifted():
        report = verified()
        assert not report.is_sound
        named = {one.name for one in report.triggers}
        assert {"robots_auditevent_no_update", "robots_auditseal_no_delete"} <= named
    assert verified().is_sound


def test_many_problems_are_counted_and_some_told() -> None:
    chain(seals=1, each=150)
    tamper("DELETE FROM robots_auditevent")
    report = verified()
    assert (report.problem_count, len(report.problems)) == (150, 100)


def test_an_unreadable_seal_is_named() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL stores no value that is not of the column's type")
    chain()
    change = (
        "UPDATE robots_auditseal SET sealed_at = '2026-99-99 00:00' WHERE number = %s"
    )
    tamper(change, 2)
    assert problems()[0] == "seal 2 cannot be read"
    tamper(change, 3)
    with pytest.raises(ChainBroken, match="cannot be read"):
        Sealer().seal()
