"""Lists of the admin site: what they cost, and that no address breaks them."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quaysite.models import User
from robots.models import (
    AppToken,
    AuditEvent,
    DefaultPermission,
    Namespace,
    PermissionChange,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    Team,
    TeamMember,
)
from robots.models.permission_changes import Change
from robots.roles import Role, State
from tests.conftest import Cast
from tests.robots.admin_pages import AUTOCOMPLETED, MODELS, page


def fill(numbers: range) -> None:
    """For each number one row of every table, none sharing a parent with another."""
    for n in numbers:
        user = User.objects.create(username=f"person{n}")
        home = Namespace.objects.create(name=f"org{n}")
        robot = Robot.objects.create(namespace=home, name=f"bot{n}")
        team = Team.objects.create(namespace=home, name=f"team{n}")
        repository = Repository.objects.create(
            namespace=home, name=f"repo{n}", state=State.MIRROR, mirror_robot=robot
        )
        RobotToken.objects.create(robot=robot, digest=f"{n:064}")
        TeamMember.objects.create(
            namespace=home, team=team, **grantee(n % 2, user, robot, team)
        )
        RepositoryPermission.objects.create(
            namespace=home,
            repository=repository,
            role=Role.READ,
            **grantee(n % 3, user, robot, team),
        )
        DefaultPermission.objects.create(
            namespace=home,
            creator_robot=robot,
            role=Role.READ,
            **grantee(n % 3, user, robot, team),
        )
        Group.objects.create(name=f"group{n}")
        # Everybody sees their own only: those of who looks, where somebody does.
        looks = User.objects.filter(is_superuser=True).first() or user
        AppToken.objects.create(user=looks, title="x", digest=f"{n:064}")
        event = AuditEvent.objects.create(
            kind=f"kind{n}", namespace=home, performer_user=user, performer_name="x"
        )
        PermissionChange.objects.create(
            event=event, repository_name=f"repo{n}", change=Change.ADDED
        )


def grantee(which: int, user: User, robot: Robot, team: Team) -> dict[str, Model]:
    choices: list[dict[str, Model]] = [{"user": user}, {"robot": robot}, {"team": team}]
    return choices[which]


def queries(client: Client, url: str, **query: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url, query).status_code == 200
    return len(captured)


def test_every_model_of_the_project_is_registered() -> None:
    ours = {
        model for model in admin.site._registry if model.__module__.startswith("robots")
    }

    assert ours | {User, Group} == set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_costs_as_many_queries_with_50_rows_as_with_5(
    admin_client: Client, model: type[Model]
) -> None:
    url = page(model, "changelist")
    fill(range(5))
    admin_client.get(url)
    with_five = queries(admin_client, url)

    fill(range(5, 50))

    assert model._default_manager.count() >= 50
    assert queries(admin_client, url) == with_five <= 10


@pytest.mark.parametrize("model, field", AUTOCOMPLETED)
def test_autocompletion_costs_as_many_queries_with_20_rows_as_with_5(
    admin_client: Client, model: str, field: str
) -> None:
    query = {"app_label": "robots", "model_name": model, "field_name": field}
    fill(range(5))
    with_five = queries(admin_client, "/admin/autocomplete/", **query)

    fill(range(5, 20))

    assert queries(admin_client, "/admin/autocomplete/", **query) == with_five


FOUND: dict[str, tuple[type[Model], dict[str, str], list[str]]] = {
    "robot by its full name": (Robot, {"q": "acme+ci"}, ["acme+ci"]),
    "robot by its namespace": (
        Robot,
        {"namespace": "acme"},
        ["acme+ci", "acme+reader"],
    ),
    "no robot of a longer namespace": (Robot, {"namespace": "acm"}, []),
    "repository by its full name": (Repository, {"q": "acme/web"}, ["acme/web"]),
    "organizations": (Namespace, {"kind": "organization"}, ["acme"]),
    "people of a team": (TeamMember, {"q": "developers"}, ["bob in developers"]),
    "tokens of a robot": (
        RobotToken,
        {"q": "acme+ci", "origin__exact": "static"},
        ["acme+ci"],
    ),
    "grants to robots": (
        RepositoryPermission,
        {"grantee": "robot", "namespace": "acme"},
        ["acme+ci: write on acme/web", "acme+reader: read on acme/web"],
    ),
    "grants to teams": (
        RepositoryPermission,
        {"grantee": "team"},
        ["developers: write on acme/api"],
    ),
    "a search longer than any name": (Robot, {"q": "ci " * 5_000}, []),
}


@pytest.mark.parametrize("model, query, expected", FOUND.values(), ids=FOUND)
def test_searches_and_filters_find_what_they_name(
    admin_client: Client,
    cast: Cast,
    model: type[Model],
    query: dict[str, str],
    expected: list[str],
) -> None:
    response = admin_client.get(page(model, "changelist"), query)

    shown = [
        row.robot.full_name if isinstance(row, RobotToken) else str(row)
        for row in response.context["cl"].result_list
    ]
    assert response.status_code == 200
    assert sorted(shown) == expected


def test_the_namespace_box_keeps_the_other_filters(
    admin_client: Client, cast: Cast
) -> None:
    query = {"namespace": "acme", "enabled__exact": "1", "q": "<ci>"}

    body = admin_client.get(page(Robot, "changelist"), query).content.decode()

    assert '<input type="hidden" name="enabled__exact" value="1">' in body
    assert '<input type="hidden" name="q" value="&lt;ci&gt;">' in body
    assert 'name="namespace" value="acme"' in body
