"""What is added to something that is deleted meanwhile: told as gone, not as there.

A row that refers to a deleted one is refused as a second row of a name is, by the
database and when the transaction ends.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from quaysite.models import User
from robots.errors import AlreadyExists, NotFound
from robots.identity import Identity
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot
from robots.lifecycle.teams import add_member, create_team
from robots.models import Namespace, Team
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import unchanged
from tests.robots.permission_sets.waiting import (
    PATIENCE,
    closing,
    elsewhere,
    until_one_waits,
)

pytestmark = pytest.mark.django_db(transaction=True)

GONE_TEAM = "The team or the member has just been deleted"
GONE_GRANTEE = "The namespace or a grantee has just been deleted"


def team_into(namespace: Namespace) -> None:
    create_team(namespace, "new", TeamRole.MEMBER, BY, "")


def robot_into(namespace: Namespace) -> None:
    create_robot(namespace, "new", BY)


def repository_into(namespace: Namespace) -> None:
    create_repository(namespace, "new", BY)


@pytest.mark.parametrize(
    ("deed", "refusal"),
    [
        (team_into, "There is no organization fleeting"),
        (robot_into, "There is no namespace fleeting"),
        (repository_into, GONE_GRANTEE),
    ],
)
def test_a_namespace_that_is_gone_has_nothing_yet(
    deed: Callable[[Namespace], None], refusal: str
) -> None:
    namespace = factories.organization("fleeting")
    Namespace.objects.get(pk=namespace.pk).delete()
    with unchanged(), pytest.raises(NotFound, match=f"^{refusal}$"):
        deed(namespace)


@pytest.mark.parametrize("deed", [team_into, robot_into, repository_into])
def test_a_name_that_is_taken_is_told_so(
    deed: Callable[[Namespace], None],
) -> None:
    namespace = factories.organization("acme")
    deed(namespace)
    with unchanged(), pytest.raises(AlreadyExists):
        deed(namespace)


@pytest.mark.parametrize("gone", ["team", "person", "robot"])
def test_who_joins_a_team_that_is_gone_or_is_gone_is_no_member(
    gone: str, cast: Cast
) -> None:
    member = cast.reader if gone == "robot" else cast.charlie
    stored = cast.team if gone == "team" else member
    type(stored)._default_manager.get(pk=stored.pk).delete()
    with unchanged(), pytest.raises(NotFound, match=f"^{GONE_TEAM}$"):
        add_member(cast.team, member, BY)


def test_a_creator_who_is_gone_creates_nothing(cast: Cast) -> None:
    identity: Identity = factories.user_identity(cast.charlie)
    User.objects.get(pk=cast.charlie.pk).delete()
    with unchanged(), pytest.raises(NotFound, match=f"^{GONE_GRANTEE}$"):
        create_repository(cast.acme, "new", BY, creator=identity)


def test_an_owner_who_is_gone_owns_nothing(cast: Cast) -> None:
    User.objects.get(pk=cast.charlie.pk).delete()
    with unchanged(), pytest.raises(NotFound, match="^The owner has just been deleted"):
        create_organization("new", BY, cast.charlie)


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_a_team_that_is_deleted_by_another_connection_gets_no_member(
    cast: Cast,
) -> None:
    deleted = Event()

    def join() -> None:
        assert deleted.wait(PATIENCE)
        add_member(cast.team, cast.charlie, BY)

    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(closing, join)
        with transaction.atomic():
            Team.objects.get(pk=cast.team.pk).delete()
            deleted.set()
            # PostgreSQL shows one transaction the same activity all along.
            elsewhere(until_one_waits)
        refusal = joining.exception(PATIENCE)
    assert isinstance(refusal, NotFound)
    assert refusal.message == GONE_TEAM
    assert not Team.objects.filter(pk=cast.team.pk).exists()
