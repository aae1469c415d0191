"""Who can access a repository: held together with the decision, in random worlds."""

import pytest
from hypothesis import given

from quaysite.models import User
from robots.access import authorize
from robots.decision import AccessRequest
from robots.explain import SourceKind
from robots.holders import Holder, HolderKind, holders
from robots.identity import Kind
from robots.lifecycle.permissions import grant
from robots.models import Repository
from robots.names import RepositoryName
from robots.roles import Action, Role, Visibility
from tests import factories
from tests.conftest import Cast
from tests.robots import worlds
from tests.robots.test_access_properties import in_random_worlds, stored
from tests.robots.worlds import NOW, Plan

pytestmark = pytest.mark.django_db


def named(found: list[Holder]) -> dict[str, Holder]:
    return {holder.name: holder for holder in found}


@in_random_worlds
@given(plan=worlds.plans())
def test_whoever_is_listed_can_and_whoever_can_is_listed(plan: Plan) -> None:
    with stored(plan) as world:
        everyone = [
            identity
            for _kind, _number, identity in worlds.identities(world)
            if identity.ceiling is None
        ]
        for row in world.repositories:
            found = {(holder.kind, holder.id): holder for holder in holders(row, NOW)}
            name = RepositoryName(row.namespace.name, row.name)
            for identity in everyone:
                request = AccessRequest(name, frozenset({Action.PULL}))
                [decision] = authorize(identity, [request], NOW)
                kind = HolderKind.ROBOT
                if identity.kind is Kind.USER:
                    kind = HolderKind.PERSON
                own = found.get((kind, identity.id or 0))
                assert (own.role if own else None) == decision.role, (identity, name)
                anybody = (HolderKind.EVERYBODY, None) in found
                can_pull = Action.PULL in decision.granted
                assert can_pull == (own is not None or anybody), (identity, name)


def test_each_grant_has_its_origin(cast: Cast) -> None:
    grant(cast.api, cast.bob, Role.READ, factories.BY)
    found = named(holders(cast.api, NOW))

    assert list(found) == ["developers", "owners", "alice", "bob"]
    assert [(s.kind, s.role, s.team) for s in found["bob"].sources] == [
        (SourceKind.DIRECT, Role.READ, None),
        (SourceKind.TEAM, Role.WRITE, "developers"),
    ]
    assert found["bob"].role is Role.WRITE
    assert found["alice"].sources[0].kind is SourceKind.ADMIN_TEAM


def test_everybody_and_the_owner_are_listed_and_nobody_while_disabled(
    cast: Cast,
) -> None:
    own = cast.bob.personal_namespace
    shown = factories.repository(own, "shown", Visibility.PUBLIC)
    assert [(h.name, h.role) for h in holders(shown, NOW)] == [
        ("Everybody", Role.READ),
        ("bob", Role.ADMIN),
    ]
    own.enabled = False
    own.save()
    assert holders(shown, NOW) == []


def test_site_administrators_are_listed_where_they_have_full_access(
    cast: Cast, settings: object
) -> None:
    factories.user("boss", is_superuser=True)
    factories.user("auditor")
    assert "boss" not in named(holders(cast.web, NOW))
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True  # type: ignore[attr-defined]
    settings.GLOBAL_READONLY_SUPER_USERS = ["auditor"]  # type: ignore[attr-defined]
    found = named(holders(cast.web, NOW))
    assert (found["boss"].role, found["auditor"].role) == (Role.ADMIN, Role.READ)


def test_the_number_of_queries_does_not_grow(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    people = User.objects.bulk_create(User(username=f"person{n}") for n in range(50))
    for person in people:
        grant(cast.web, person, Role.READ, factories.BY)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(holders(Repository.objects.get(pk=cast.web.pk), NOW)) > 50
