"""The database itself refuses to change what was audited, whoever asks."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from robots.audit_chain.sealing import Sealer
from robots.audit_chain.triggers import (
    MISSING,
    OFF,
    REPLACED,
    trigger_names,
    trigger_problems,
)
from robots.models import AuditEvent, AuditSeal, PermissionChange
from tests.robots.audit_chain.chains import bulk_event, chain, events, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(db: None) -> int:
    pk = bulk_event()
    events(2)
    Sealer().seal()
    chain(seals=1)
    events(1)
    return pk


def refused(sql: str) -> None:
    with (
        pytest.raises(IntegrityError, match="only ever added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def troubles() -> dict[str, str]:
    return dict(trigger_problems("default"))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE robots_auditevent SET kind = 'x'",
        "UPDATE robots_auditevent SET kind = kind",
        "DELETE FROM robots_auditevent",
        "UPDATE robots_permissionchange SET change = 1",
        "DELETE FROM robots_permissionchange",
        "UPDATE robots_auditseal SET hash = ''",
        "UPDATE robots_auditseal SET leaves = ''",
        "UPDATE robots_auditseal SET purged_event = 1",
        "DELETE FROM robots_auditseal",
    ],
)
def test_the_database_refuses(sealed: int, sql: str) -> None:
    refused(sql)
    report = verified()
    assert (report.is_sound, report.events, report.unsealed) == (True, 6, 1)
    assert PermissionChange.objects.count() == 2


@pytest.mark.parametrize(
    "table", ["robots_auditevent", "robots_permissionchange", "robots_auditseal"]
)
def test_postgresql_does_not_empty_them_either(sealed: int, table: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has TRUNCATE")
    refused(f"TRUNCATE {table}")
    assert AuditEvent.objects.count() == 7


@pytest.mark.parametrize(
    "ruse",
    [
        "CREATE TEMPORARY TABLE robots_auditseal (purged_event bigint);"
        " INSERT INTO robots_auditseal VALUES (9223372036854775807)",
        "CREATE SCHEMA ruse; CREATE TABLE ruse.robots_auditseal (purged_event bigint);"
        " INSERT INTO ruse.robots_auditseal VALUES (9223372036854775807);"
        " SET LOCAL search_path = ruse, public",
        "CREATE SCHEMA ruse; CREATE FUNCTION ruse.yes(bigint, bigint) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR ruse.<= (LEFTARG = bigint,"
        " RIGHTARG = bigint, FUNCTION = ruse.yes);"
        " SET LOCAL search_path = ruse, pg_catalog, public",
    ],
)
@pytest.mark.parametrize(
    "deed",
    [
        "DELETE FROM public.robots_permissionchange",
        "DELETE FROM public.robots_auditevent WHERE kind = 'create_robot'",
        "UPDATE public.robots_auditseal SET leaves = ''",
    ],
)
def test_no_other_table_or_operator_is_believed(
    sealed: int, ruse: str, deed: str
) -> None:
    """Anybody may make tables of their own, who may not alter these."""
    if connection.vendor != "postgresql":
        pytest.skip("a trigger of SQLite sees the tables of its own database only")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ruse)
        refused(deed)
        transaction.set_rollback(True)
    assert verified().is_sound


def test_a_purge_lets_go_of_older_events_only(sealed: int) -> None:
    first = AuditSeal.objects.get(number=1)
    last = AuditSeal.objects.get(number=2)
    AuditSeal.objects.create(
        number=3,
        first_event=last.last_event + 1,
        last_event=last.last_event + 1,
        event_count=1,
        purged_event=first.last_event,
        sealed_at=first.sealed_at,
    )
    events_of = AuditEvent.objects.filter
    PermissionChange.objects.filter(event_id=sealed)._raw_delete("default")
    assert events_of(pk__lte=first.last_event)._raw_delete("default") == 3
    AuditSeal.objects.filter(number=1).update(leaves=b"")
    for rows in (
        events_of(pk=last.first_event),
        events_of(pk=last.last_event + 1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows._raw_delete("default")
    for change in ({"leaves": b""}, {"digest": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AuditSeal.objects.filter(number=2).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditSeal.objects.filter(number=1).update(leaves=b"", mac="x")


def test_every_trigger_is_there_after_all_migrations() -> None:
    """On SQLite a migration that alters one of these tables takes them away."""
    assert len(trigger_names(connection.vendor)) >= 6
    assert troubles() == {}


@pytest.mark.django_db(transaction=True)
def test_triggers_survive_the_way_back_and_forth() -> None:
    call_command("migrate", "robots", "0007", verbosity=0)
    try:
        assert troubles() == dict.fromkeys(trigger_names(connection.vendor), MISSING)
    finally:
        # Other apps may have gone back with it.
        call_command("migrate", verbosity=0)
    assert troubles() == {}


NAME = "robots_auditevent_no_update"
LETS_ALL = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
OF_SQLITE = {
    f"DROP TRIGGER {NAME}": {NAME: MISSING},
    f"DROP TRIGGER {NAME}; CREATE TRIGGER {NAME} BEFORE UPDATE ON robots_auditevent"
    " BEGIN SELECT 1; END": {NAME: REPLACED},
    f"DROP TRIGGER {NAME}; CREATE TRIGGER {NAME} BEFORE UPDATE ON robots_auditevent"
    " WHEN NEW.kind = OLD.kind BEGIN"
    " SELECT RAISE(ABORT, 'audit events are only ever added'); END": {NAME: REPLACED},
    f"DROP TRIGGER {NAME}; CREATE TRIGGER {NAME} BEFORE UPDATE ON robots_robot"
    " BEGIN SELECT RAISE(ABORT, 'audit events are only ever added'); END": {
        NAME: REPLACED
    },
}
ALTER = "ALTER TABLE robots_auditevent"
MAKE = f"DROP TRIGGER {NAME} ON robots_auditevent; CREATE TRIGGER {NAME} BEFORE UPDATE"
CALL = "FOR EACH ROW EXECUTE FUNCTION robots_audit_never()"
OF_NEVER = {
    name: REPLACED
    for name in (
        *(NAME, "robots_auditevent_no_truncate", "robots_permissionchange_no_update"),
        *("robots_permissionchange_no_truncate", "robots_auditseal_no_delete"),
        "robots_auditseal_no_truncate",
    )
}
OF_POSTGRESQL = {
    f"DROP TRIGGER {NAME} ON robots_auditevent": {NAME: MISSING},
    f"DROP TRIGGER {NAME} ON robots_auditevent; CREATE TRIGGER {NAME} BEFORE UPDATE"
    f" ON robots_robot {CALL}": {NAME: MISSING},
    f"{ALTER} DISABLE TRIGGER {NAME}": {NAME: OFF},
    f"{ALTER} ENABLE REPLICA TRIGGER {NAME}": {NAME: OFF},
    f"{ALTER} ENABLE ALWAYS TRIGGER {NAME}": {},
    f"{MAKE} OF address ON robots_auditevent {CALL}": {NAME: REPLACED},
    f"{MAKE} ON robots_auditevent FOR EACH ROW WHEN (NEW.kind = OLD.kind)"
    " EXECUTE FUNCTION robots_audit_never()": {NAME: REPLACED},
    f"CREATE FUNCTION yes() {LETS_ALL};"
    f"{MAKE} ON robots_auditevent FOR EACH ROW EXECUTE FUNCTION yes()": {
        NAME: REPLACED
    },
    f"CREATE SCHEMA ruse; CREATE FUNCTION ruse.robots_audit_never() {LETS_ALL};"
    f"{MAKE} ON robots_auditevent FOR EACH ROW"
    " EXECUTE FUNCTION ruse.robots_audit_never();"
    # It has the right name now, and the right ones are written with their schema.
    "SET LOCAL search_path = ruse, public": OF_NEVER,
    f"CREATE OR REPLACE FUNCTION robots_audit_never() {LETS_ALL}": OF_NEVER,
    "ALTER FUNCTION robots_audit_never() RESET search_path": OF_NEVER,
}


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        *(
            pytest.param(*one, id=f"sqlite-{n}")
            for n, one in enumerate(OF_SQLITE.items())
        ),
        *(
            pytest.param(*one, id=f"postgresql-{n}")
            for n, one in enumerate(OF_POSTGRESQL.items())
        ),
    ],
)
def test_one_that_is_off_or_does_something_else_is_found(
    deed: str, found: dict[str, str]
) -> None:
    if deed not in (OF_SQLITE if connection.vendor == "sqlite" else OF_POSTGRESQL):
        pytest.skip("for the other engine")
    with transaction.atomic():
        with connection.cursor() as cursor:
            for statement in _statements(deed):
                cursor.execute(statement)
        assert troubles() == found
        assert verified().is_sound is not bool(found)
        transaction.set_rollback(True)
    assert troubles() == {}


def _statements(deed: str) -> list[str]:
    """SQLite takes one at a time; the body of a trigger has semicolons of its own."""
    if connection.vendor == "postgresql":
        return [deed]
    drop, _, create = deed.partition("; ")
    return [drop, create] if create else [drop]


def test_a_session_of_a_replica_is_told_that_they_do_nothing() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has sessions of a replica")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        assert troubles() == dict.fromkeys(trigger_names("postgresql"), OFF)
        transaction.set_rollback(True)
