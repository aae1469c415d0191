"""Queries of PostgreSQL that are given up: a server that hangs costs a set time only.

Its own `statement_timeout` ends nothing where its process, or its machine, is frozen;
and its kernel goes on to confirm what it is sent, so that TCP notices nothing.
"""

import time
from collections.abc import Sequence
from select import POLLIN, POLLOUT, poll
from typing import Any

from psycopg import OperationalError
from psycopg.pq.abc import PGconn, PGresult


class TimedQueries:
    """A connection's `prepare`, `exec_prepared` and `exec_params`, with a deadline.

    Once it passed they raise OperationalError. Whatever is raised while they wait, the
    connection is closed: its next user could ask nothing, or would wait for the answer
    that is still to come.
    """

    def __init__(self, pgconn: PGconn, seconds: float) -> None:
        self._pgconn = pgconn
        self._seconds = seconds
        self._socket = pgconn.socket

    def prepare(self, name: bytes, sql: bytes, types: Sequence[int]) -> PGresult:
        """As libpq's PQprepare."""
        self._pgconn.send_prepare(name, sql, types)
        return self._result()

    def exec_prepared(
        self, name: bytes, values: Sequence[Any], formats: Sequence[int] | None
    ) -> PGresult:
        """As libpq's PQexecPrepared."""
        self._pgconn.send_query_prepared(name, values, formats)
        return self._result()

    def exec_params(
        self,
        sql: bytes,
        values: Sequence[Any],
        types: Sequence[int],
        formats: Sequence[int] | None,
    ) -> PGresult:
        """As libpq's PQexecParams."""
        self._pgconn.send_query_params(sql, values, types, formats)
        return self._result()

    def _result(self) -> PGresult:
        try:
            return self._last_result()
        except BaseException:
            self._pgconn.finish()
            raise

    def _last_result(self) -> PGresult:
        pgconn, until = self._pgconn, time.monotonic() + self._seconds
        while pgconn.flush():
            self._wait(POLLIN | POLLOUT, until)
            pgconn.consume_input()
        last = None
        while True:
            while pgconn.is_busy():
                self._wait(POLLIN, until)
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                break
            last = result
        if last is None:
            raise OperationalError("the server gave no result")
        return last

    def _wait(self, events: int, until: float) -> None:
        ready = poll()
        ready.register(self._socket, events)
        if not ready.poll(max(0.0, 1000 * (until - time.monotonic()))):
            raise OperationalError(f"no answer within {self._seconds} seconds")
