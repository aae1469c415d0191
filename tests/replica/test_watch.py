"""When the replica is asked, and when it is left alone."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from robots import replica_watch
from robots.lifecycle.permissions import revoke
from robots.lifecycle.robots import delete_robot
from robots.models import ReplicationBeat
from robots.replica_watch import ALIAS, ReplicaWatch
from robots.statements import Statement
from tests.clusters import Pair, running_cluster
from tests.factories import BY
from tests.registryauth.endpoint import Endpoint
from tests.replica.asking import BOUND, Asked, World, ask, beat
from tests.replication import NAME


def test_a_standby_that_is_down_is_left_alone_without_an_error(
    pair: Pair, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    pair.standby.stop()
    try:
        for _ in range(2):
            access = endpoint.access(world.scope, login=world.login)
            assert access == [(f"{world.home.name}/web", ["pull"])]
            assert not watch.is_usable()
        watch.look()
        assert not watch.is_usable()
    finally:
        pair.standby.start()
    beat(pair, watch)
    assert ask(endpoint, world.login, world.scope) == (200, {"pull"}, Asked(0, 2))


def test_after_a_failure_it_rests(
    watch: ReplicaWatch, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_watch, "REST_SECONDS", 60.0)
    watch.give_up("a test")
    watch.look()
    assert not watch.is_usable()
    watch._rests_until = 0.0
    watch.look()
    assert watch.is_usable()


def test_no_clock_of_a_standby_makes_it_look_fresh(
    pair: Pair, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    """Its machine was paused, and goes on with a clock that is as far behind."""
    pair.primary.ask("CREATE SCHEMA fake", database=NAME)
    pair.primary.ask(
        "CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz VOLATILE"
        " LANGUAGE sql AS $$"
        " SELECT pg_catalog.clock_timestamp() - interval '3 s' $$",
        database=NAME,
    )
    beat(pair, watch)
    with pair.held():
        delete_robot(world.robot, BY)
        time.sleep(BOUND + 1)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SET search_path = fake, public, pg_catalog")
        assert ask(endpoint, world.login, world.scope)[0] == 401
        watch.look()
        assert not watch.is_usable()
    connections[ALIAS].close()


def test_a_clock_of_the_primary_that_was_set_back_hides_no_lag(
    pair: Pair, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    ahead = timezone.now() + timedelta(hours=1)
    ReplicationBeat.objects.update(at=ahead)
    beat(pair, watch)
    assert ReplicationBeat.objects.get().at > ahead
    assert ask(endpoint, world.login, world.scope) == (200, {"pull"}, Asked(0, 2))
    with pair.held():
        delete_robot(world.robot, BY)
        time.sleep(BOUND)
        watch.look()
        assert not watch.is_usable()
        assert ask(endpoint, world.login, world.scope)[0] == 401


def test_time_counts_that_the_machine_slept(
    pair: Pair, watch: ReplicaWatch, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = ReplicationBeat.objects.get().at
    assert watch.is_fresh(seen)
    uptime = replica_watch._uptime
    monkeypatch.setattr(replica_watch, "_uptime", lambda: uptime() + BOUND)
    assert not watch.is_fresh(seen)


@pytest.fixture
def frozen(world: World) -> Iterator[None]:
    """The process that serves this thread stands still; its kernel does not."""
    connections[ALIAS].ensure_connection()
    pid = connections[ALIAS].connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


def test_a_standby_that_hangs_is_given_up(
    frozen: None, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    hung = connections[ALIAS].connection
    began = time.monotonic()
    assert endpoint.get(world.scope, login=world.login).status_code == 200
    assert time.monotonic() - began < 10  # Without an end, it never answered.
    assert hung.closed
    assert connections[ALIAS].connection is None
    assert not watch.is_usable()
    watch.look()
    assert watch.is_usable()


def test_a_look_at_a_standby_that_hangs_ends(
    frozen: None, watch: ReplicaWatch, caplog: pytest.LogCaptureFixture
) -> None:
    hung = connections[ALIAS].connection
    watch.look()
    assert hung.closed
    assert not watch.is_usable()
    assert "the replica is not asked: OperationalError" in caplog.text


def test_it_is_given_up_as_well_where_nothing_is_prepared(
    watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    connections[ALIAS].ensure_connection()
    connections[ALIAS].connection.prepare_threshold = None
    assert endpoint.get(world.scope, login=world.login).status_code == 200
    assert watch.is_usable()
    hung = connections[ALIAS].connection
    pid = hung.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert endpoint.get(world.scope, login=world.login).status_code == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    assert hung.closed
    assert not watch.is_usable()


def test_without_a_thread_to_watch_the_primary_answers(
    endpoint: Endpoint,
    world: World,
    watch: ReplicaWatch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(watch, "_thread", None)
    monkeypatch.setattr(threading.Thread, "start", start)
    assert ask(endpoint, world.login, world.scope) == (200, {"pull"}, Asked(1, 0))
    assert "the replica is not watched: can't start new thread" in caplog.text


def test_another_history_of_the_primary_is_not_the_replicas(
    watch: ReplicaWatch, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replica stayed behind at a promotion; it is asked again once it is there."""
    look = replica_watch._LOOK
    other = Statement(look.sql.replace("timeline_id", "timeline_id + 1"))
    monkeypatch.setattr(replica_watch, "_LOOK", other)
    watch.look()
    assert not watch.is_usable()
    monkeypatch.setattr(replica_watch, "_LOOK", look)
    watch.look()
    assert watch.is_usable()


def test_beats_of_another_primary_are_forgotten(
    pair: Pair, watch: ReplicaWatch, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = ReplicationBeat.objects.get().at
    assert watch.is_fresh(seen)
    monkeypatch.setattr(watch, "_line", (0, 0))
    watch.look()
    assert not watch.is_fresh(seen)
    beat(pair, watch)


def test_without_a_beat_nothing_is_fresh(
    pair: Pair, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    ReplicationBeat.objects.all().delete()
    pair.catch_up()
    assert ask(endpoint, world.login, world.scope)[1:] == ({"pull"}, Asked(1, 1))
    watch.look()
    assert ReplicationBeat.objects.count() == 1


def test_a_thread_watches_from_the_first_request_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_watch, "BEAT_SECONDS", 0.1)
    watch = ReplicaWatch()
    assert not watch.is_usable()
    deadline = time.monotonic() + 30
    while not watch.is_usable() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert watch.is_usable()
    parked = threading.Event()

    def park() -> None:
        parked.set()
        threading.Event().wait()

    monkeypatch.setattr(watch, "look", park)  # It must not outlive the servers.
    assert parked.wait(30)


@pytest.fixture
def elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`replica` is of a server that has nothing to do with the primary."""
    with running_cluster() as cluster:
        cluster.ask("CREATE DATABASE quaysite")
        cluster.ask(
            "CREATE TABLE robots_replicationbeat AS"
            " SELECT 1 AS id, clock_timestamp() AS at",
            database=NAME,
        )
        own = connections[ALIAS]
        settings = {**connections.settings[ALIAS], "PORT": cluster.port}
        monkeypatch.setitem(connections.settings, ALIAS, settings)
        connections[ALIAS] = connections.create_connection(ALIAS)
        yield
        connections[ALIAS].close()
        connections[ALIAS] = own


def test_a_server_of_another_cluster_is_not_asked(
    elsewhere: None, watch: ReplicaWatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch.look()
    assert not watch.is_usable()
    assert "it is of another cluster, or timeline, than the primary" in caplog.text


def test_a_promoted_standby_is_asked_no_more(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    """The last test: afterwards there is no standby."""
    pair.standby.promote()
    revoke(world.web, world.robot, BY)
    assert ask(endpoint, world.login, world.scope) == (200, set(), Asked(1, 1))
    assert ask(endpoint, world.login, world.scope) == (200, set(), Asked(1, 0))
