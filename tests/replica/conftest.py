"""A primary and its standby in place of the tests' database, for this folder."""

import threading
from collections.abc import Iterator
from itertools import count

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from robots import replica_watch
from robots.lifecycle.permissions import grant
from robots.replica_watch import ReplicaWatch
from robots.roles import Role
from tests import factories
from tests.clusters import Pair, running_pair
from tests.e2e.programs import require
from tests.factories import BY
from tests.registryauth.endpoint import Endpoint
from tests.replica.asking import BOUND, World, beat
from tests.replication import connected

NUMBERS = count(1)


@pytest.fixture(scope="package")
def pair(django_db_blocker: DjangoDbBlocker) -> Iterator[Pair]:
    require("initdb")
    with django_db_blocker.unblock(), running_pair() as pair, connected(pair):
        yield pair


@pytest.fixture(autouse=True)
def watch(
    pair: Pair, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> ReplicaWatch:
    """The test is the thread that watches; a look counts until the next one."""
    settings.DATABASE_REPLICA_MAX_LAG = BOUND
    monkeypatch.setattr(replica_watch, "LOOK_LASTS_SECONDS", 3600.0)
    monkeypatch.setattr(replica_watch, "REST_SECONDS", 0.0)
    watch = replica_watch.watch
    monkeypatch.setattr(watch, "_thread", threading.current_thread())
    monkeypatch.setattr(watch, "_marks", ())  # A test may have lost their row.
    watch._rests_until = 0.0  # The one before may have had it rest.
    watch.look()
    return watch


@pytest.fixture
def endpoint(client: Client) -> Endpoint:
    return Endpoint(client)


@pytest.fixture
def world(pair: Pair, watch: ReplicaWatch) -> World:
    """The standby knows it all, and a beat that is new."""
    number = next(NUMBERS)
    owner = factories.user(f"alice{number}")
    home = factories.organization(f"acme{number}", owner=owner)
    robot, secret = factories.robot(home, "ci")
    web = factories.repository(home, "web")
    grant(web, robot, Role.READ, BY)
    beat(pair, watch)
    return World(owner, home, robot, secret, web)
