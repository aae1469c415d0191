"""One organization after another, and the token endpoint asked about it."""

from dataclasses import dataclass

from django.db import connections
from django.test.utils import CaptureQueriesContext

from quaysite.models import User
from robots.credentials import Secret
from robots.models import Namespace, Repository, Robot
from robots.replica_watch import ALIAS, ReplicaWatch
from tests.clusters import Pair
from tests.registryauth.endpoint import Endpoint, basic
from tests.replication import DEFAULT

BOUND = 2
"""Seconds; the least that is allowed."""


@dataclass(frozen=True)
class World:
    """An organization of its own, with a robot that may pull `web`."""

    owner: User
    home: Namespace
    robot: Robot
    secret: Secret
    web: Repository

    @property
    def scope(self) -> str:
        return f"repository:{self.home.name}/web:pull"

    @property
    def login(self) -> str:
        return basic(self.robot.full_name, self.secret)


def beat(pair: Pair, watch: ReplicaWatch) -> None:
    """The standby knows all, and the watch a beat that is new."""
    watch.look()
    pair.catch_up()
    watch.look()
    assert watch.is_usable()


@dataclass
class Asked:
    """How many queries an answer cost on each."""

    primary: int
    replica: int


def ask(
    endpoint: Endpoint, login: str | None, *scopes: str
) -> tuple[int, set[str], Asked]:
    """Status, the actions of the first scope, and who was asked."""
    with (
        CaptureQueriesContext(connections[DEFAULT]) as primary,
        CaptureQueriesContext(connections[ALIAS]) as replica,
    ):
        response = endpoint.get(*scopes, login=login)
    asked = Asked(len(primary), len(replica))
    status = response.status_code
    actions = endpoint.claims(response)["access"][0]["actions"] if status == 200 else ()
    return status, set(actions), asked
