"""Completion of names: contract section 1.8."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.roles import TeamRole
from tests import factories
from tests.api.client import Answer
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ALL = "namespace=acme&includeTeams=True&includeOrgs=true"


def look(client: LocalClient, prefix: str, query: str = "") -> list[dict[str, Any]]:
    answer: Answer = client.get(f"/api/v1/entities/{prefix}?{query}")
    assert answer.status == 200, answer.text
    assert list(answer.json) == ["results"]
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def names(client: LocalClient, prefix: str, query: str = "") -> list[str]:
    return [entity["name"] for entity in look(client, prefix, query)]


def test_an_entity_of_each_kind(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    factories.robot(cast.acme, "alpha")
    factories.team(cast.acme, "admins")
    team, robot, person, organization = look(alice, "a", ALL)
    assert (team["name"], team["kind"]) == ("admins", "team")
    assert team["avatar"]["kind"] == "team"
    assert robot | {"name": "acme+alpha", "kind": "user", "is_robot": True} == robot
    assert robot["avatar"]["kind"] == "robot"
    assert person | {"name": "alice", "kind": "user", "is_robot": False} == person
    assert (organization["name"], organization["kind"]) == ("acme", "org")
    assert all(e["is_org_member"] for e in (team, robot, person, organization))
    assert look(alice, "charlie", ALL)[0]["is_org_member"] is False
    assert "is_org_member" not in look(alice, "charlie")[0]


def test_names_match_from_their_beginning(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    assert names(alice, "LI") == []
    assert names(alice, "Ali%20ce") == ["alice"]
    assert names(alice, "c", ALL) == ["acme+ci", "charlie"]
    assert names(alice, "acme+", ALL) == ["acme+ci", "acme+reader"]
    assert names(alice, "acme+r", ALL) == ["acme+reader"]
    assert names(alice, "%25") == names(alice, "_") == []
    assert names(alice, "dev", "namespace=acme") == []


def test_others_learn_nothing_of_an_organization(
    cast: Cast, local_user: LocalUser
) -> None:
    outsider = local_user(cast.charlie)
    assert names(outsider, "c", ALL) == ["charlie"]
    assert names(outsider, "dev", ALL) == names(outsider, "ac", ALL) == []
    for namespace in ("acme", "nowhere", "bob", ""):
        (entity,) = look(outsider, "bob", f"namespace={namespace}")
        assert "is_org_member" not in entity
    factories.robot(cast.bob.personal_namespace, "own")
    assert names(outsider, "own", "namespace=bob") == []
    assert names(local_user(cast.bob), "own", "namespace=bob") == ["bob+own"]
    few = local_user(cast.bob, scope="repo:read")
    assert names(few, "own", "namespace=bob") == []
    assert names(few, "dev", ALL) == []
    member = local_user(cast.bob)
    assert names(member, "dev", ALL) == ["developers"]
    assert names(member, "ac", ALL) == []


def test_who_may(
    cast: Cast, local: LocalClient, local_user: LocalUser, settings: Settings
) -> None:
    assert local.get("/api/v1/entities/a").status == 401
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert "acme+ci" in names(local_user(cast.charlie), "c", ALL)


def test_people_who_cannot_sign_in_are_left_out(
    cast: Cast, local_user: LocalUser
) -> None:
    User.objects.filter(username="bob").update(is_active=False)
    assert names(local_user(cast.alice), "bob") == []


@pytest.mark.parametrize("prefix", ["%00", "x" * 300, "%F0%9F%90%B3", "a+b+c", "'"])
def test_odd_prefixes_find_nothing(
    cast: Cast, local_user: LocalUser, prefix: str
) -> None:
    assert names(local_user(cast.alice), prefix, ALL) == []


def test_an_odd_namespace_is_refused(cast: Cast, local_user: LocalUser) -> None:
    odd = local_user(cast.alice).get("/api/v1/entities/a?namespace=%00")
    assert odd.status == 400
    assert list(odd.json["message"]) == ["namespace"]


def test_ten_of_a_kind_members_first(
    cast: Cast,
    local_user: LocalUser,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    people = [factories.user(f"x{number:02}") for number in range(12)]
    factories.team(cast.acme, "x-team", TeamRole.MEMBER, (people[11],))
    for number in range(12):
        factories.robot(cast.acme, f"x{number:02}")
    alice = local_user(cast.alice)
    look(alice, "x")
    with django_assert_num_queries(5):
        found = look(alice, "x", ALL)
    assert [e["name"] for e in found if e["kind"] == "team"] == ["x-team"]
    robots = [e["name"] for e in found if e.get("is_robot")]
    assert robots == [f"acme+x{number:02}" for number in range(10)]
    users = [e["name"] for e in found if e.get("is_robot") is False]
    assert users == ["x11", *(f"x{number:02}" for number in range(9))]
