"""create_organization and create_repository: rows, audit, refusals."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from robots.models import (
    AuditEvent,
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    TeamMember,
)
from robots.roles import Role, State, Visibility
from tests import factories
from tests.conftest import Cast

Captured = pytest.CaptureFixture[str]


def refusal(*arguments: str) -> str:
    """The error of a command that changes nothing, not even the audit."""
    before = AuditEvent.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2
    assert AuditEvent.objects.count() == before
    return str(caught.value)


def events(kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(kind=kind).exclude(
        performer_name=factories.BY.name
    )
    return list(rows.values_list("performer_name", "namespace_name", "facts"))


def test_an_organization_is_created_with_its_owner(
    cast: Cast, capsys: Captured
) -> None:
    call_command("create_organization", "globex", "--owner", "bob")
    assert capsys.readouterr().out == (
        "Created organization globex with the team owners (admin); bob is in it.\n"
    )
    member = TeamMember.objects.get(namespace__name="globex")
    assert (member.team.name, member.user) == ("owners", cast.bob)
    assert events("org_create") == [
        ("manage.py create_organization", "globex", {"namespace_name": "globex"})
    ]


def test_an_organization_may_have_no_owner_yet(db: None, capsys: Captured) -> None:
    call_command("create_organization", "globex", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "organization": "globex",
        "team": "owners",
        "owner": None,
    }
    assert Namespace.objects.get().teams.get().members.count() == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(
            ["acme"],
            "A user or organization with this name already exists",
            id="organization exists",
        ),
        pytest.param(
            ["bob"],
            "A user or organization with this name already exists",
            id="person has the name",
        ),
        pytest.param(["Globex"], "Invalid namespace Globex", id="upper case"),
        pytest.param(["glob\u00e9x"], "Invalid namespace", id="letter with accent"),
        pytest.param(["globex\n"], "Invalid namespace", id="trailing newline"),
        pytest.param(["x" * 256], "between 2 and 255", id="too long"),
        pytest.param(["globex\0"], "name: NUL characters", id="NUL"),
        pytest.param(["globex\udcff"], "name: NUL characters and invalid", id="bytes"),
        pytest.param(
            ["globex", "--owner", "nobody"], "There is no user nobody", id="owner"
        ),
        pytest.param(["globex", "--owner", ""], "There is no user ", id="no owner"),
        pytest.param(["globex", "--owner", "b\0b"], "owner: NUL", id="owner NUL"),
    ],
)
def test_an_organization_is_refused(
    cast: Cast, arguments: list[str], error: str
) -> None:
    assert error in refusal("create_organization", *arguments)
    assert set(Namespace.objects.values_list("name", flat=True)) == {
        "alice", "bob", "charlie", "acme",
    }  # fmt: skip


def test_a_repository_is_private_unless_told(cast: Cast, capsys: Captured) -> None:
    call_command("create_repository", "acme/base/images", "--description", "B\u00e4se")
    assert capsys.readouterr().out == ("Created private repository acme/base/images.\n")
    made = Repository.objects.get(name="base/images")
    assert (made.namespace, made.visibility, made.state, made.description) == (
        cast.acme, Visibility.PRIVATE, State.NORMAL, "B\u00e4se",
    )  # fmt: skip
    assert events("create_repo") == [
        (
            "manage.py create_repository",
            "acme",
            {"repo": "base/images", "visibility": "private"},
        )
    ]


def test_a_public_repository_gets_the_default_permissions(
    cast: Cast, capsys: Captured
) -> None:
    DefaultPermission.objects.create(
        namespace=cast.acme, robot=cast.ci, role=Role.WRITE
    )
    call_command("create_repository", "acme/site", "--public", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "repository": "acme/site",
        "visibility": "public",
        "description": "",
    }
    made = Repository.objects.get(name="site")
    assert made.visibility == Visibility.PUBLIC
    granted = RepositoryPermission.objects.get(repository=made)
    assert (granted.robot, granted.role) == (cast.ci, Role.WRITE)


def test_a_name_without_namespace_lies_in_the_library(
    cast: Cast, settings: Settings
) -> None:
    settings.LIBRARY_NAMESPACE = "acme"
    call_command("create_repository", "nginx")
    assert Repository.objects.get(name="nginx").namespace == cast.acme


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(["acme/web"], "Repository already exists", id="exists"),
        pytest.param(["nowhere/web"], "There is no namespace nowhere", id="namespace"),
        pytest.param(["nginx"], "There is no namespace library", id="no library"),
        pytest.param(["acme/"], "Invalid repository name ''", id="no name"),
        pytest.param(["acme/Web"], "Invalid repository name 'Web'", id="upper case"),
        pytest.param(["acme/w\0b"], "repository: NUL characters", id="NUL"),
        pytest.param(
            ["acme/new", "--description", "\ud800"],
            "description: NUL characters and invalid Unicode are not allowed",
            id="description",
        ),
    ],
)
def test_a_repository_is_refused(cast: Cast, arguments: list[str], error: str) -> None:
    assert error in refusal("create_repository", *arguments)
    assert Repository.objects.count() == 3
