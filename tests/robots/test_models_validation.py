"""What forms and APIs say before the database has to: `full_clean` of each model."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import models

from quaysite.models import User
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    Team,
    TeamMember,
)
from robots.models.constraints import SameNamespace
from robots.roles import Role
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def complaints(instance: models.Model) -> dict[str, list[str]]:
    """What `full_clean` says, by field; empty if it is content."""
    try:
        instance.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def test_bad_names_are_explained_at_their_field(cast: Cast) -> None:
    for instance, excerpt in (
        (Namespace(name="Bad"), "Invalid namespace Bad"),
        (Robot(namespace=cast.acme, name="Bad"), "The name for the robot 'Bad'"),
        (Team(namespace=cast.acme, name="Bad"), "Invalid team name Bad"),
        (Repository(namespace=cast.acme, name="Bad"), "Invalid repository name 'Bad'"),
    ):
        messages = complaints(instance)
        assert excerpt in messages["name"][0]
        assert messages.keys() <= {"name", "__all__"}


def test_good_names_are_taken(cast: Cast) -> None:
    for instance in (
        Namespace(name="good"),
        Robot(namespace=cast.acme, name="good"),
        Team(namespace=cast.acme, name="good"),
        Repository(namespace=cast.acme, name="good/nested"),
    ):
        assert complaints(instance) == {}


def test_a_robot_without_a_namespace_is_told_of_that_alone() -> None:
    assert complaints(Robot(name="Bad")).keys() == {"namespace", "__all__"}


def test_a_robot_full_name_has_at_most_255_characters(cast: Cast) -> None:
    longest = 255 - len("acme+")
    assert complaints(Robot(namespace=cast.acme, name="a" * longest)) == {}
    too_long = complaints(Robot(namespace=cast.acme, name="a" * (longest + 1)))
    assert "at most 255 characters" in too_long["name"][0]


def test_a_personal_namespace_has_no_teams(cast: Cast) -> None:
    messages = complaints(Team(namespace=cast.bob.personal_namespace, name="dev"))
    assert "Only organizations have teams" in messages["namespace"][0]


def test_members_and_permissions_take_over_the_namespace(cast: Cast) -> None:
    member = TeamMember(team=cast.team, user=cast.charlie)
    permission = RepositoryPermission(
        repository=cast.web, user=cast.charlie, role=Role.READ
    )
    assert complaints(member) == complaints(permission) == {}
    assert member.namespace_id == permission.namespace_id == cast.acme.pk


def foreign_rows(cast: Cast, robot: Robot, team: Team) -> list[models.Model]:
    web, role = cast.web, Role.READ
    return [
        TeamMember(team=cast.team, robot=robot),
        RepositoryPermission(repository=web, robot=robot, role=role),
        RepositoryPermission(repository=web, team=team, role=role),
        DefaultPermission(namespace=cast.acme, robot=robot, role=role),
        DefaultPermission(namespace=cast.acme, team=team, role=role),
        DefaultPermission(
            namespace=cast.acme, user=cast.bob, creator_robot=robot, role=role
        ),
        Repository(namespace=cast.acme, name="new", mirror_robot=robot),
    ]


@pytest.mark.parametrize("number", range(7))
def test_a_foreign_robot_or_team_is_explained(cast: Cast, number: int) -> None:
    other = Namespace.objects.create(name="other")
    robot = Robot.objects.create(namespace=other, name="ci")
    team = Team.objects.create(namespace=other, name="dev")
    row = foreign_rows(cast, robot, team)[number]
    assert complaints(row) == {"__all__": ["This belongs to another namespace."]}


@pytest.mark.parametrize(
    "grantees", [(), ("user", "robot"), ("user", "robot", "team")], ids=len
)
def test_one_grantee_is_asked_for(cast: Cast, grantees: tuple[str, ...]) -> None:
    everybody: dict[str, Any] = {
        "user": cast.bob,
        "robot": cast.ci,
        "team": cast.team,
    }
    chosen = {column: everybody[column] for column in grantees}
    expected = {"__all__": ["Set exactly one of: user, robot, team."]}
    rows = (
        RepositoryPermission(repository=cast.public, role=Role.READ, **chosen),
        DefaultPermission(namespace=cast.acme, role=Role.READ, **chosen),
    )
    assert [complaints(row) for row in rows] == [expected, expected]


def test_people_and_organizations_share_one_space_of_names(cast: Cast) -> None:
    text = "A user or organization with this name already exists."
    new = User(username="acme", password="unusable")
    assert complaints(new) == {"username": [text]}
    cast.bob.username = "acme"
    assert complaints(cast.bob)["username"] == [text]
    cast.bob.username = "bob"
    assert complaints(cast.bob) == {}


@pytest.mark.parametrize("username", ["b", "Bob", "bob+ci", "bob\n", "bob@example.org"])
def test_a_user_name_is_a_namespace_name(username: str) -> None:
    assert "username" in complaints(User(username=username, password="unusable"))


def test_the_same_email_in_other_case_is_refused(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="bob@example.org")
    new = User(username="new", password="unusable", email="BOB@example.org")
    assert complaints(new) == {"__all__": ["Another user has this e-mail address."]}


def test_rows_print_as_people_write_them(cast: Cast) -> None:
    grant = cast.ci.repository_permissions.get()
    default = DefaultPermission(namespace=cast.acme, team=cast.team, role=Role.WRITE)
    assert str(cast.acme) == "acme"
    assert str(cast.ci) == "acme+ci"
    assert str(cast.web) == "acme/web"
    assert str(cast.team) == "developers"
    assert str(cast.team.members.get()) == "bob in developers"
    assert str(grant) == "acme+ci: write on acme/web"
    assert str(default) == "developers: write in acme"
    assert str(cast.ci.tokens.get()).endswith("of acme+ci")
    assert cast.ci.tokens.get().digest not in str(cast.ci.tokens.get())
    event = AuditEvent(kind="create_robot", performer_name="alice")
    assert str(event) == "create_robot by alice"


def test_migrations_are_complete() -> None:
    call_command("makemigrations", "robots", check=True, dry_run=True, verbosity=0)


def test_composite_foreign_keys_are_compared_by_what_they_say() -> None:
    def same(field: str, name: str = "constraint") -> SameNamespace:
        return SameNamespace(field=field, name=name)

    assert same("robot") == same("robot")
    assert hash(same("robot")) == hash(same("robot"))
    assert same("robot") != same("team")
    assert same("robot") != same("robot", "another")
    assert same("robot") != "robot"
    assert same("robot").clone() == same("robot")


def test_composite_foreign_keys_need_a_model() -> None:
    constraint = SameNamespace(field="robot", name="constraint")
    for make in (
        constraint.constraint_sql,
        constraint.create_sql,
        constraint.remove_sql,
    ):
        with pytest.raises(TypeError, match="needs its model"):
            make(None, None)
