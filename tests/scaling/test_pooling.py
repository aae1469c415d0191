"""A pool of connections in each process: shared by its threads, and bounded."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from tests.clusters import Cluster
from tests.e2e.conftest import Cast
from tests.e2e.databases import PostgresDatabase
from tests.e2e.endpoint import Answer, ask, granted
from tests.scaling.conftest import NewSite

pytestmark = pytest.mark.e2e

_SITES_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    " AND backend_type = 'client backend'"
)


def connections(cluster: Cluster, database: PostgresDatabase) -> int:
    name = database.url.rpartition("/")[2]
    ((count,),) = cluster.ask(_SITES_CONNECTIONS, name)
    return int(count)


def test_many_threads_share_few_connections(
    new_site: NewSite, cast: Cast, cluster: Cluster, database: PostgresDatabase
) -> None:
    before = connections(cluster, database)
    site = new_site("pooled", WORKERS="1", THREADS="8", DATABASE_POOL_SIZE="2")
    scope = f"repository:{cast.repository('web')}:pull"

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: ask(site, cast.reader, scope), range(80)))
        most = connections(cluster, database) - before

    assert {answer.status for answer in answers} == {200}
    assert granted(answers[-1]) == {cast.repository("web"): {"pull"}}
    assert 1 <= most <= 2


def test_without_a_connection_to_spare_the_answer_is_503_within_seconds(
    new_site: NewSite, cast: Cast, database: PostgresDatabase
) -> None:
    site = new_site("exhausted", WORKERS="1", THREADS="8", DATABASE_POOL_SIZE="2")
    scope = f"repository:{cast.repository('web')}:pull"
    assert ask(site, cast.reader, scope).status == 200

    with ThreadPoolExecutor(4) as clients:
        with psycopg.connect(database.url) as lock:
            lock.execute("LOCK TABLE robots_robottoken IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            asked = [clients.submit(ask, site, cast.reader, scope) for _ in range(4)]
            refused = first_two(asked)
            took = time.monotonic() - began
        served = [each.result() for each in asked if each.result() not in refused]

    for answer in refused:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["errors"][0]["code"] == "UNAVAILABLE"
        assert "token" not in answer.json
    assert took < 20
    assert [answer.status for answer in served] == [200, 200]
    assert ask(site, cast.reader, scope).status == 200


def first_two(asked: list[Future[Answer]]) -> list[Answer]:
    """The answers of those that do not wait for the lock."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done = [each.result() for each in asked if each.done()]
        if len(done) == 2:
            return done
        time.sleep(0.05)
    raise AssertionError("they hang")


def test_a_pool_whose_connections_were_cut_serves_on(
    new_site: NewSite, cast: Cast, database: PostgresDatabase
) -> None:
    site = new_site("cut", WORKERS="1", THREADS="4", DATABASE_POOL_SIZE="3")
    scope = f"repository:{cast.repository('web')}:pull"

    def ask_many() -> set[int]:
        with ThreadPoolExecutor(4) as clients:
            found = clients.map(lambda _: ask(site, cast.reader, scope), range(12))
            return {answer.status for answer in found}

    assert ask_many() == {200}
    with database.away():
        assert ask_many() == {503}
    assert ask_many() == {200}


def test_last_uses_are_written_and_their_thread_keeps_no_connection(
    new_site: NewSite, cast: Cast, database: PostgresDatabase
) -> None:
    site = new_site(
        "uses",
        WORKERS="1",
        THREADS="4",
        DATABASE_POOL_SIZE="1",
        USAGE_FLUSH_SECONDS="1",
    )
    scope = f"repository:{cast.repository('web')}:pull"
    assert ask(site, cast.writer, scope).status == 200
    short = cast.writer.name.partition("+")[2]

    def written() -> bool:
        with psycopg.connect(database.url) as connection:
            row = connection.execute(
                "SELECT last_used_at IS NOT NULL FROM robots_robot JOIN"
                " robots_namespace n ON n.id = namespace_id"
                " WHERE robots_robot.name = %s AND n.name = %s",
                [short, cast.organization],
            ).fetchone()
        return bool(row and row[0])

    deadline = time.monotonic() + 20
    while not written() and time.monotonic() < deadline:
        # The one connection is free for requests all the while.
        assert ask(site, cast.writer, scope).status == 200
    assert written()


def test_commands_work_with_a_pool_and_end_at_once(new_site: NewSite) -> None:
    site = new_site("commands", WORKERS="1", DATABASE_POOL_SIZE="2")
    began = time.monotonic()
    said = site.manage("purge_expired")
    assert time.monotonic() - began < 30
    assert said
