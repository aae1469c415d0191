"""Statements run by the driver: the rows, the errors and the connection of Django."""

import gc
import weakref
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries

from robots.models import Namespace
from robots.statements import Statement, write_once

BOTH = "SELECT name, '50%%' FROM robots_namespace WHERE name IN (%s, %s)"
WRONG = "SELECT nothing FROM robots_namespace WHERE name = %s"

ONLY_POSTGRESQL = "SQLite keeps no statements by name, and has no server"
needs_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason=ONLY_POSTGRESQL
)


@pytest.fixture
def acme() -> Namespace:
    return Namespace.objects.create(name="acme")


@pytest.mark.django_db
def test_rows_are_those_of_a_cursor(acme: Namespace) -> None:
    found = Statement(BOTH).rows(connection, ["acme", "none"])
    with connection.cursor() as cursor:
        cursor.execute(BOTH, ["acme", "none"])
        assert found == cursor.fetchall() == [("acme", "50%")]


@pytest.mark.django_db
def test_whoever_counts_queries_sees_it(
    acme: Namespace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        rows = Statement(BOTH).rows(connection, ["acme", "none"])
    assert rows == [("acme", "50%")]


@pytest.mark.django_db
def test_an_execute_wrapper_sees_it(acme: Namespace) -> None:
    seen: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert Statement(BOTH).rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert seen == [BOTH]


@pytest.mark.django_db(transaction=True)
def test_a_closed_connection_is_opened(acme: Namespace) -> None:
    connection.close()
    assert Statement(BOTH).rows(connection, ["acme", "x"]) == [("acme", "50%")]


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_looked_at_where_that_is_asked_for(
    acme: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    own: Any = connections["default"]
    monkeypatch.setattr(own, "health_check_enabled", True)
    monkeypatch.setattr(own, "health_check_done", False)
    assert Statement(BOTH).rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert own.health_check_done


@pytest.mark.django_db(transaction=True)
def test_a_wrong_question_is_an_error_of_django(acme: Namespace) -> None:
    wrong = Statement(WRONG)
    for _ in range(2):
        with pytest.raises((OperationalError, ProgrammingError)):
            wrong.rows(connection, ["acme"])
    assert Statement(BOTH).rows(connection, ["acme", "x"]) == [("acme", "50%")]


@pytest.mark.django_db
def test_nothing_is_asked_in_a_broken_transaction(acme: Namespace) -> None:
    transaction.set_rollback(True)
    with pytest.raises(TransactionManagementError):
        Statement(BOTH).rows(connection, ["acme", "x"])
    transaction.set_rollback(False)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_begun_first(acme: Namespace) -> None:
    statement = Statement(BOTH)
    with transaction.atomic():
        assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]
        if connection.vendor == "postgresql":
            assert connection.connection.info.transaction_status.name == "INTRANS"
        Namespace.objects.filter(name="acme").delete()
        assert statement.rows(connection, ["acme", "x"]) == []
        transaction.set_rollback(True)
    assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]


def kept_statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements"
            " WHERE name LIKE 'quaysite%%' ORDER BY name",
            [],
        )
        return [row[0] for row in cursor.fetchall()]


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_server_keeps_it_once_for_each_connection(acme: Namespace) -> None:
    connection.close()
    statement = Statement(BOTH)
    for _ in range(3):
        statement.rows(connection, ["acme", "x"])
    numbered = BOTH.replace("%s, %s", "$1, $2").replace("%%", "%")
    assert kept_statements() == [numbered]
    connection.close()
    assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert kept_statements() == [numbered]


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_numbers_of_every_size_find_their_rows(acme: Namespace) -> None:
    by_id = Statement("SELECT name FROM robots_namespace WHERE id = %s")
    for wrong in (1 - acme.pk, 70_000 + acme.pk, 2**40 + acme.pk):
        assert by_id.rows(connection, [wrong]) == []
        assert by_id.rows(connection, [acme.pk]) == [("acme",)]


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_where_it_is_forbidden_nothing_is_kept(
    acme: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    assert Statement(BOTH).rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert kept_statements() == []


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_that_was_discarded_is_kept_anew(acme: Namespace) -> None:
    statement = Statement(BOTH)
    statement.rows(connection, ["acme", "x"])
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert kept_statements() == []
    assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]
    assert len(kept_statements()) == 1


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_that_a_migration_changed_is_kept_anew(acme: Namespace) -> None:
    statement = Statement("SELECT * FROM later WHERE name = %s")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later AS SELECT name FROM robots_namespace")
        assert statement.rows(connection, ["acme"]) == [("acme",)]
        cursor.execute("ALTER TABLE later ADD COLUMN more integer")
    try:
        for _ in range(2):
            assert statement.rows(connection, ["acme"]) == [("acme", None)]
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE later DROP COLUMN more")
        with pytest.raises(DatabaseError), transaction.atomic():
            Namespace.objects.count()
            statement.rows(connection, ["acme"])
        assert statement.rows(connection, ["acme"]) == [("acme",)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE later")


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_cut_is_an_outage(acme: Namespace) -> None:
    statement = Statement(BOTH)
    statement.rows(connection, ["acme", "x"])
    pid = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    with pytest.raises(OperationalError):
        statement.rows(connection, ["acme", "x"])
    connection.close_if_unusable_or_obsolete()
    assert statement.rows(connection, ["acme", "x"]) == [("acme", "50%")]


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_no_two_processes_choose_one_name(acme: Namespace) -> None:
    """Behind a pooler they share connections: one would run the other's statement."""
    names = set()
    for _ in range(3):
        connection.close()
        Statement(BOTH).rows(connection, ["acme", "x"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_prepared_statements")
            names |= {row[0] for row in cursor.fetchall()}
    assert len(names) == 3
    assert all(len(name) == len("quaysite_") + 16 for name in names)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_kept_goes_with_its_connection(acme: Namespace) -> None:
    connection.ensure_connection()
    Statement(BOTH).rows(connection, ["acme", "x"])
    closed = weakref.ref(connection.connection)
    connection.close()
    gc.collect()
    assert closed() is None


@pytest.mark.django_db
def test_what_is_written_once_is_written(acme: Namespace) -> None:
    sql = "UPDATE robots_namespace SET name = %s WHERE id = %s"
    write_once(connection, sql, ["renamed", acme.pk])
    acme.refresh_from_db()
    assert acme.name == "renamed"


@needs_postgresql
@pytest.mark.django_db
def test_what_is_written_once_is_not_kept_by_the_driver(acme: Namespace) -> None:
    """A client-side cursor writes the values into the text, so each is another one."""
    connection.ensure_connection()
    driver: Any = connection.connection
    threshold = driver.prepare_threshold
    kept = len(driver._prepared._counts)
    for number in range(5):
        write_once(
            connection,
            "UPDATE robots_namespace SET name = %s WHERE id = %s",
            [f"n-{number}", acme.pk],
        )
    assert len(driver._prepared._counts) == kept
    assert driver.prepare_threshold == threshold is not None


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_driver_goes_on_preparing_after_a_failure(acme: Namespace) -> None:
    connection.ensure_connection()
    driver: Any = connection.connection
    threshold = driver.prepare_threshold
    with pytest.raises(ProgrammingError):
        write_once(connection, "UPDATE nothing SET name = %s", ["x"])
    assert driver.prepare_threshold == threshold is not None
