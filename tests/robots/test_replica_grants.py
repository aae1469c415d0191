"""What a replica grants: all that is asked, or nothing at all.

Where a test needs one, the primary's rows stand for what it says; real ones are in
tests/replica.
"""

from datetime import UTC, datetime

import pytest

from robots.access import authorize, authorize_by_replica
from robots.decision import AccessRequest, Decision
from robots.lifecycle.permissions import grant
from robots.names import RepositoryName
from robots.replicas import ReplicatedQuery
from robots.roles import Action, Role, TeamRole
from tests import factories
from tests.conftest import Cast

PULL, PUSH = Action.PULL, Action.PUSH
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def asked(name: str, *actions: Action) -> AccessRequest:
    return AccessRequest(RepositoryName("acme", name), frozenset(actions))


def granted(cast: Cast, *requests: AccessRequest) -> list[Decision] | None:
    return authorize_by_replica(factories.robot_identity(cast.ci), requests, NOW)


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows what the primary does."""
    monkeypatch.setattr(ReplicatedQuery, "replica_rows", ReplicatedQuery.rows)


def test_without_a_replica_only_the_primary_grants(cast: Cast) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    assert granted(cast, asked("api", PULL)) is None
    identity = factories.robot_identity(cast.ci)
    (decision,) = authorize(identity, [asked("api", PULL)], NOW)
    assert decision.granted == {PULL}


@pytest.mark.usefixtures("replica")
def test_what_it_grants_whole_is_granted(cast: Cast) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    decisions = granted(cast, asked("web", PULL, PUSH), asked("api", PULL))
    assert decisions is not None
    assert [decision.granted for decision in decisions] == [{PULL, PUSH}, {PULL}]


@pytest.mark.usefixtures("replica")
@pytest.mark.parametrize(
    "request_", [asked("api", PULL, PUSH), asked("api", PUSH), asked("none", PULL)]
)
def test_one_action_that_it_does_not_grant_is_for_the_primary(
    cast: Cast, request_: AccessRequest
) -> None:
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    assert granted(cast, request_) is None
    assert granted(cast, asked("web", PULL), request_) is None


@pytest.mark.usefixtures("replica")
def test_what_is_to_be_created_is_for_the_primary(cast: Cast) -> None:
    factories.team(cast.acme, "makers", TeamRole.CREATOR, members=(cast.ci,))
    assert granted(cast, asked("new", PULL, PUSH)) is None


@pytest.mark.usefixtures("replica")
def test_a_disabled_namespace_is_for_the_primary(cast: Cast) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    assert granted(cast, asked("web", PULL)) is None
    assert granted(cast, asked("web")) is None


@pytest.mark.usefixtures("replica")
def test_nothing_that_is_asked_is_for_the_primary(cast: Cast) -> None:
    assert granted(cast) is None
