"""Queries with a deadline: whatever ends one early, nobody reads its answer later."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest
from django.db import OperationalError, connection

from robots.statements import Statement

pytestmark = [
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has no server to wait for"
    ),
    pytest.mark.django_db(transaction=True),
]

SLEEP = "SELECT 'slept' FROM pg_sleep(%s)"


class Interrupted(BaseException):
    """What a signal's handler may raise, as that of Control-C does."""


@pytest.fixture
def interruption() -> Iterator[None]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def assert_that_a_new_connection_serves(closed: object) -> None:
    assert closed.closed  # type: ignore[attr-defined]
    connection.close()
    assert Statement(SLEEP, 10).rows(connection, [0]) == [("slept",)]
    assert connection.connection is not closed


def backend() -> int:
    """The id of the server's process, on a connection that is open."""
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid


def end(pid: int) -> None:
    """It would go on until it has an answer for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_an_answer_in_time_is_read_and_its_connection_kept() -> None:
    statement = Statement(SLEEP, 10)
    assert statement.rows(connection, [0]) == [("slept",)]
    used = connection.connection
    assert statement.rows(connection, [0.01]) == [("slept",)]
    assert connection.connection is used


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    pid, used = backend(), connection.connection
    with pytest.raises(OperationalError, match="no answer within"):
        Statement(SLEEP, 0.1).rows(connection, [30])
    assert_that_a_new_connection_serves(used)
    end(pid)


def test_one_that_is_interrupted_is_given_up_too(interruption: None) -> None:
    pid, used = backend(), connection.connection
    with pytest.raises(Interrupted):
        Statement(SLEEP, 30).rows(connection, [20])
    assert_that_a_new_connection_serves(used)
    end(pid)
