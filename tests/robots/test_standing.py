"""What people are to namespaces, with and without an OAuth ceiling."""

import pytest
from pytest_django import DjangoAssertNumQueries

from robots.identity import ANONYMOUS, Ceiling, Identity
from robots.models import Namespace
from robots.roles import Role, TeamRole
from robots.standing import (
    Standing,
    administered_namespaces,
    joined_namespaces,
    standing_in,
)
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def standing(identity: Identity, name: str = "acme") -> Standing:
    found = standing_in(identity, name)
    assert found is not None
    return found


def rights(found: Standing) -> list[str]:
    names = ("is_admin", "is_creator", "is_member", "may_audit")
    return [name for name in names if getattr(found, name)]


ALL = ["is_admin", "is_creator", "is_member", "may_audit"]


def test_the_highest_team_role_counts(cast: Cast) -> None:
    assert rights(standing(factories.user_identity(cast.alice))) == ALL
    bob = factories.user_identity(cast.bob)
    assert rights(standing(bob)) == ["is_member"]
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.bob,))
    assert rights(standing(bob)) == ["is_creator", "is_member"]
    assert rights(standing(factories.user_identity(cast.charlie))) == []


def test_people_administer_their_own_namespace_alone(cast: Cast) -> None:
    bob = factories.user_identity(cast.bob)
    assert rights(standing(bob, "bob")) == ALL
    assert rights(standing(bob, "alice")) == []


def test_robots_and_nobody_have_no_standing(cast: Cast) -> None:
    factories.team(cast.acme, "bots", TeamRole.ADMIN, (cast.ci,))
    assert rights(standing(factories.robot_identity(cast.ci))) == []
    assert rights(standing(ANONYMOUS)) == []


@pytest.mark.parametrize(
    "name", ["nowhere", "Acme", "acme+ci", "a\x00b", "", "x" * 999]
)
def test_there_is_no_standing_where_there_is_no_namespace(
    cast: Cast, name: str
) -> None:
    assert standing_in(factories.user_identity(cast.alice), name) is None


@pytest.mark.parametrize(
    ("ceiling", "expected"),
    [
        (Ceiling(namespace=TeamRole.ADMIN), ALL),
        (Ceiling(namespace=TeamRole.CREATOR), ["is_creator", "is_member"]),
        (Ceiling(repository=Role.ADMIN, site=True), []),
        (Ceiling(), []),
    ],
)
def test_a_ceiling_cuts_the_standing(
    cast: Cast, ceiling: Ceiling, expected: list[str]
) -> None:
    alice = factories.user_identity(cast.alice)._replace(ceiling=ceiling)
    assert rights(standing(alice)) == expected
    assert rights(standing(alice, "alice")) == expected


def test_a_ceiling_never_lifts(cast: Cast) -> None:
    bob = factories.user_identity(cast.bob)
    capped = bob._replace(ceiling=Ceiling(namespace=TeamRole.ADMIN))
    assert rights(standing(capped)) == ["is_member"]


def test_a_role_everywhere_needs_the_site_in_the_ceiling(cast: Cast) -> None:
    charlie = factories.user_identity(cast.charlie)
    auditor = charlie._replace(site_role=Role.READ)
    assert rights(standing(auditor)) == ["may_audit"]
    assert rights(standing(charlie._replace(site_role=Role.ADMIN))) == ALL
    for site, expected in ((True, ["may_audit"]), (False, [])):
        token = auditor._replace(ceiling=Ceiling(site=site))
        assert rights(standing(token)) == expected


def test_it_costs_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        factories.team(cast.acme, f"team{number}", members=(cast.alice,))
    with django_assert_num_queries(1):
        standing(factories.user_identity(cast.alice))


CEILINGS = [
    None,
    Ceiling(),
    *(Ceiling(namespace=role) for role in TeamRole),
    Ceiling(namespace=TeamRole.ADMIN, site=True),
]


@pytest.mark.parametrize("site_role", [None, Role.READ, Role.ADMIN])
@pytest.mark.parametrize("ceiling", CEILINGS)
def test_lists_of_namespaces_agree_with_the_standing_in_each(
    cast: Cast, ceiling: Ceiling | None, site_role: Role | None
) -> None:
    for role in TeamRole:
        home = factories.organization(f"org-{role.label}")
        factories.team(home, "first", TeamRole.MEMBER, (cast.bob,))
        factories.team(home, "second", role, (cast.bob,))
    callers = [
        ANONYMOUS,
        factories.robot_identity(cast.ci),
        *(factories.user_identity(user) for user in (cast.alice, cast.bob)),
    ]
    names = list(Namespace.objects.values_list("name", flat=True))
    for caller in callers:
        caller = caller._replace(ceiling=ceiling, site_role=site_role)
        found = {name: standing(caller, name) for name in names}
        for listed, right in (
            (administered_namespaces, "is_admin"),
            (joined_namespaces, "is_member"),
        ):
            expected = {name for name in names if getattr(found[name], right)}
            assert {home.name for home in listed(caller)} == expected
