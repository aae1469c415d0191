"""What the database holds, as documents: all of it, and with few queries."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from federation.entries import Entry
from federation.lifecycle import set_trusts
from robots.accessfile.documents import (
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.exporting import exported
from robots.accessfile.plain import plain
from robots.accessfile.stored import namespace_document
from robots.lifecycle.default_permissions import create_default_permission
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import Namespace
from robots.models.namespaces import DEFAULT_TAG_EXPIRATION
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast

BY = factories.BY
PAST = datetime(2020, 1, 1, tzinfo=UTC)
AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(cast: Cast) -> Cast:
    """Something in every column that an access file has."""
    Namespace.objects.filter(pk=cast.acme.pk).update(
        enabled=False,
        email="ops@example.com",
        invoice_email=True,
        invoice_email_address="bills@example.com",
        tag_expiration_s=3600,
    )
    cast.acme.refresh_from_db()
    add_member(cast.team, cast.ci, BY)
    cast.team.description = "Who builds"
    cast.team.save()
    cast.ci.description, cast.ci.metadata = "Builds", {"b": 1, "a": [True, None]}
    cast.ci.expires_at, cast.ci.enabled = AHEAD, False
    cast.ci.save()
    set_trusts(cast.ci, [Entry("https://issuer.example.com", "build-7")], BY)
    cast.web.mirror_robot, cast.web.state = cast.reader, State.MIRROR
    cast.web.description = "The shop"
    cast.web.save()
    grant(cast.web, cast.bob, Role.ADMIN, BY, PAST)
    for creator in (None, None, cast.bob, cast.ci):
        create_default_permission(cast.acme, cast.team, Role.READ, BY, creator)
    create_default_permission(cast.acme, cast.ci, Role.ADMIN, BY)
    create_default_permission(cast.acme, cast.charlie, Role.WRITE, BY)
    return cast


def robot(**fields: Any) -> dict[str, Any]:
    usual = {"description": "", "enabled": True, "expires_at": None, "metadata": {}}
    return usual | fields


def repository(visibility: Visibility, **fields: Any) -> dict[str, Any]:
    usual = {"state": State.NORMAL, "mirror_robot": None, "description": ""}
    return {"visibility": visibility} | usual | fields


def test_an_organization_is_told_in_full(world: Cast) -> None:
    trust = {"issuer": "https://issuer.example.com", "subject": "build-7"}
    assert namespace_document(world.acme) == NamespaceDocument(
        fields={
            "enabled": False,
            "email": "ops@example.com",
            "invoice_email": True,
            "invoice_email_address": "bills@example.com",
            "tag_expiration_s": 3600,
        },
        teams={
            "developers": TeamDocument(
                {"role": TeamRole.MEMBER, "description": "Who builds"},
                {"acme+ci": 0, "bob": 0},
            ),
            "owners": TeamDocument(
                {"role": TeamRole.ADMIN, "description": ""}, {"alice": 0}
            ),
        },
        robots={
            "ci": RobotDocument(
                robot(
                    description="Builds",
                    enabled=False,
                    expires_at=AHEAD,
                    metadata={"b": 1, "a": [True, None]},
                ),
                (trust,),
            ),
            "reader": RobotDocument(robot(), ()),
        },
        repositories={
            "api": RepositoryDocument(
                repository(Visibility.PRIVATE),
                {"team:developers": GrantDocument(Role.WRITE)},
            ),
            "public": RepositoryDocument(repository(Visibility.PUBLIC), {}),
            "web": RepositoryDocument(
                repository(
                    Visibility.PRIVATE,
                    state=State.MIRROR,
                    mirror_robot="reader",
                    description="The shop",
                ),
                {
                    "acme+ci": GrantDocument(Role.WRITE),
                    "acme+reader": GrantDocument(Role.READ),
                    "bob": GrantDocument(Role.ADMIN, PAST),
                },
            ),
        },
        default_permissions=(
            DefaultPermissionDocument("acme+ci", Role.ADMIN),
            DefaultPermissionDocument("charlie", Role.WRITE),
            DefaultPermissionDocument("team:developers", Role.READ),
            DefaultPermissionDocument("team:developers", Role.READ, "acme+ci"),
            DefaultPermissionDocument("team:developers", Role.READ, "bob"),
        ),
    )


def test_values_have_the_types_of_the_models(cast: Cast) -> None:
    document = namespace_document(cast.acme)
    assert document.teams and document.repositories
    assert isinstance(document.teams["owners"].fields["role"], TeamRole)
    fields = document.repositories["web"].fields
    assert isinstance(fields["visibility"], Visibility)
    assert isinstance(fields["state"], State)


def test_a_personal_namespace_has_neither_teams_nor_defaults(cast: Cast) -> None:
    mine = Namespace.objects.get(name="alice")
    factories.robot(mine, "bot")
    factories.repository(mine, "web")
    document = namespace_document(mine)
    assert document == NamespaceDocument(
        personal=True,
        fields={"enabled": True},
        robots={"bot": RobotDocument(robot(), ())},
        repositories={
            "web": RepositoryDocument(repository(Visibility.PRIVATE), {}),
        },
    )


def test_other_namespaces_are_not_in_it(cast: Cast) -> None:
    before = namespace_document(cast.acme)
    other = factories.organization("other")
    bot, _ = factories.robot(other, "ci")
    team = factories.team(other, "developers", TeamRole.ADMIN, (bot,))
    web = factories.repository(other, "web")
    grant(web, bot, Role.ADMIN, BY)
    grant(web, team, Role.ADMIN, BY)
    create_default_permission(other, team, Role.ADMIN, BY)
    assert namespace_document(cast.acme) == before


def test_the_number_of_queries_does_not_grow(world: Cast) -> None:
    with CaptureQueriesContext(connection) as few:
        namespace_document(world.acme)
    for number in range(5):
        bot, _ = factories.robot(world.acme, f"bot{number}")
        set_trusts(bot, [Entry("https://issuer.example.com", "build-8")], BY)
        web = factories.repository(world.acme, f"web{number}")
        grant(web, bot, Role.ADMIN, BY)
        factories.team(world.acme, f"team{number}", members=(bot, world.charlie))
        create_default_permission(world.acme, bot, Role.READ, BY, world.charlie)
    with CaptureQueriesContext(connection) as many:
        namespace_document(world.acme)
    assert len(few) == len(many) == 7


def test_an_export_leaves_out_what_is_usual(cast: Cast) -> None:
    document = exported([cast.acme]).namespaces["acme"]
    assert document == plain(namespace_document(cast.acme))
    assert document.fields == {"enabled": True}
    assert document.teams and document.robots and document.repositories
    assert document.teams["owners"].fields == {"role": TeamRole.ADMIN}
    robot = {"enabled": True, "expires_at": None}
    assert document.robots["ci"] == RobotDocument(robot, ())
    public = {
        "visibility": Visibility.PUBLIC,
        "state": State.NORMAL,
        "mirror_robot": None,
    }
    assert document.repositories["public"] == RepositoryDocument(public, {})


def test_an_export_says_what_is_not_usual(world: Cast) -> None:
    document = namespace_document(world.acme)
    said = plain(document)
    assert said.fields == document.fields
    assert (said.robots or {})["ci"] == (document.robots or {})["ci"]
    assert (said.repositories or {})["web"] == (document.repositories or {})["web"]


def test_the_usual_values_are_those_of_new_things(db: None) -> None:
    acme = factories.organization("new")
    factories.robot(acme, "ci")
    factories.repository(acme, "web")
    document = namespace_document(acme)
    assert document.fields["tag_expiration_s"] == DEFAULT_TAG_EXPIRATION
    said = plain(document)
    assert said.fields.keys() == {"enabled"}
    assert (said.robots or {})["ci"].fields.keys() == {"enabled", "expires_at"}
    web = (said.repositories or {})["web"].fields
    assert web.keys() == {"visibility", "state", "mirror_robot"}
