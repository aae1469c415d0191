"""S-01: no way to grant leads out of a robot's namespace, or into one's that is not
the caller's; every caller, robot and repository is tried with every way."""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.models import (
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    TeamMember,
)
from robots.roles import TeamRole
from tests import factories
from tests.api.client import Answer
from tests.api.conftest import ALL_SCOPES
from tests.api.local import LocalClient
from tests.api.tokens import bearer

pytestmark = pytest.mark.django_db

ORGANIZATIONS = ("one", "two", "three")
ADMINISTERS = {
    "ann": {"one", "two"},
    "bea": {"three"},
    "cid": set(),
    "root": set(ORGANIZATIONS),
}
"""Of `one` and `two` ann may everything, and yet not mix them. cid creates in `one`
and is in a team of each; root is a site administrator with full access."""

API = "/api/v1"


@dataclass(frozen=True)
class Place:
    """An organization with a robot, a repository and a team."""

    organization: Namespace
    robot: Robot
    repository: Repository


@pytest.fixture
def places(settings: Settings) -> list[Place]:
    settings.SUPER_USERS = ["root"]
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    people = {name: factories.user(name) for name in ADMINISTERS}
    made = []
    for name in ORGANIZATIONS:
        owner = people["bea" if name == "three" else "ann"]
        organization = factories.organization(name, owner=owner)
        robot, _ = factories.robot(organization, f"bot-{name}")
        repository = factories.repository(organization, f"app-{name}")
        factories.team(organization, "crew", members=(people["cid"],))
        made.append(Place(organization, robot, repository))
    factories.team(made[0].organization, "makers", TeamRole.CREATOR, (people["cid"],))
    return made


def one_by_one(client: LocalClient, to: Place, on: Place) -> Answer:
    path = f"{API}/repository/{on.repository.full_name}/permissions/user/"
    return client.put(path + to.robot.full_name, {"role": "admin"})


def _name(to: Place, on: Place) -> str:
    """Of the repository as the robot's namespace would have it, or in full."""
    return on.repository.name if to is on else on.repository.full_name


def in_bulk(client: LocalClient, to: Place, on: Place) -> Answer:
    path = f"{API}/organization/{to.organization.name}/robots/{to.robot.name}"
    body = {"role": "admin", "repositories": [_name(to, on)]}
    return client.put(f"{path}/permissions", body)


def at_creation(client: LocalClient, to: Place, on: Place) -> Answer:
    first = {"repository": _name(to, on), "role": "admin"}
    path = f"{API}/organization/{to.organization.name}/robots/new"
    return client.put(path, {"permissions": [first]})


def by_default(client: LocalClient, to: Place, on: Place) -> Answer:
    delegate = {"kind": "user", "name": to.robot.full_name}
    path = f"{API}/organization/{on.organization.name}/prototypes"
    return client.post(path, {"role": "admin", "delegate": delegate})


def by_a_team(client: LocalClient, to: Place, on: Place) -> Answer:
    path = f"{API}/organization/{on.organization.name}/team/crew/members/"
    return client.put(path + to.robot.full_name, {})


WAYS: list[Callable[[LocalClient, Place, Place], Answer]] = [
    one_by_one,
    in_bulk,
    at_creation,
    by_default,
    by_a_team,
]


def granted() -> list[Any]:
    """Everything by which a robot has rights."""
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Robot, RepositoryPermission, DefaultPermission, TeamMember)
    ]


@pytest.mark.parametrize("way", WAYS)
def test_s01_a_grant_needs_its_namespace_and_an_administrator_of_it(
    way: Callable[[LocalClient, Place, Place], Answer], places: list[Place]
) -> None:
    before = granted()
    for name, own in ADMINISTERS.items():
        client = LocalClient(bearer(User.objects.get(username=name), ALL_SCOPES))
        for to, on in product(places, places):
            about = (name, to.robot.full_name, on.repository.full_name)
            with transaction.atomic():
                answer = way(client, to, on)
                changed = granted() != before
                transaction.set_rollback(True)
            if to is on and to.organization.name in own:
                assert (answer.status in {200, 201}, changed) == (True, True), about
            else:
                # Who administers both is told that it cannot be, others nothing.
                both = {to.organization.name, on.organization.name} <= own
                wanted = {400, 404} if both else {400, 403, 404}
                assert (answer.status in wanted, changed) == (True, False), about
                if not own:
                    assert answer.status == 403, about


@pytest.mark.parametrize(
    "arguments",
    [
        ["grant", "one+bot-one", "two/app-two", "read"],
        ["set_permissions", "two", "read", "--to", "one+bot-one", "--all"],
    ],
    ids=["grant", "set_permissions"],
)
def test_s01_no_command_grants_across_namespaces(
    arguments: list[str], places: list[Place]
) -> None:
    before = granted()
    with pytest.raises((CommandError, SystemExit)):
        call_command(*arguments, stdout=StringIO(), stderr=StringIO())
    assert granted() == before


CROSSED = {
    "permission": "repositories: {app-two: {permissions: {one+bot-one: read}}}",
    "team": "teams: {crew: {role: member, members: [one+bot-one]}}",
    "default": "default_permissions: [{role: read, to: one+bot-one}]",
}


@pytest.mark.parametrize("crossed", CROSSED.values(), ids=CROSSED)
def test_s01_no_access_file_grants_across_namespaces(
    crossed: str, places: list[Place], tmp_path: Path
) -> None:
    file = tmp_path / "access.yml"
    file.write_text(f"version: 1\nnamespaces:\n  two:\n    {crossed}\n")
    before = granted()
    with pytest.raises(CommandError, match=r"one\+bot-one"):
        call_command("apply_access", str(file), stdout=StringIO())
    assert granted() == before
