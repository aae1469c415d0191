"""S-02: an id of somebody else's below an address of one's own leads to nothing.

Every operation of the API that names a thing by an id or a name is called by an
administrator of acme, who puts in what is another organization's, or the other way
round. The role matrix has it that a stranger is refused; here half of it is allowed.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from federation.lifecycle import add_trust
from quaysite.lifecycle.applications import Details, create_application
from quaysite.models import AccessToken, Assignment, User
from robots.lifecycle.app_tokens import create_app_token
from robots.models import DefaultPermission, Repository, Robot
from robots.roles import Role
from tests import factories
from tests.api.matrix import BODIES, PEOPLE, TRUST, Row, World, in_session, rows
from tests.api.tokens import bearer
from tests.api.written import writes
from tests.conftest import Cast

REFUSED = {400, 403, 404}
CREATES = {
    ("PUT /organization/{orgname}/robots/{robot_shortname}", "robot_shortname"),
    ("PUT /organization/{orgname}/team/{teamname}", "teamname"),
    ("PUT /user/robots/{robot_shortname}", "robot_shortname"),
}
"""Whose name of an own thing is free to be chosen: what is made is the caller's."""

IDS = frozenset(
    {
        "robot_shortname", "teamname", "membername", "prototypeid", "client_id",
        "token_uuid", "token_id", "trust_id", "assigned_uuid",
    }
)  # fmt: skip
EVERYBODY = "".join(PEOPLE)
NONE_OF_OURS = re.compile(r"policy|/invite/")
"""Features that Quaysite has not: 404 whatever is asked."""


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


@pytest.fixture
def foreign(world: World) -> dict[str, str]:
    """What mallory has in an organization and in an account of her own."""
    mallory = factories.user("mallory")
    rival = factories.organization("rival", owner=mallory)
    robot, _ = factories.robot(rival, "bot")
    factories.robot(mallory.personal_namespace, "bot")
    factories.repository(rival, "app")
    factories.team(rival, "crew", members=(robot,))
    default = DefaultPermission.objects.create(
        namespace=rival, robot=robot, role=Role.READ
    )
    application = create_application(rival, Details("theirs"), factories.BY)
    bearer(mallory, "repo:read")
    given = AccessToken.objects.latest("id")
    given.application, given.name = application, "theirs"
    given.save()
    assigned = Assignment.objects.create(
        application=application, user=mallory, redirect_uri="", response_type="token",
        scope="repo:read",
    )  # fmt: skip
    return {
        "orgname": "rival",
        "robot_shortname": "bot",
        "teamname": "crew",
        "membername": "rival+bot",
        "prototypeid": str(default.uuid),
        "client_id": application.client_id,
        "token_uuid": str(given.uuid),
        "token_id": str(robot.tokens.get().pk),
        "trust_id": str(add_trust(robot, TRUST, factories.BY).pk),
        "assigned_uuid": str(assigned.uuid),
        "app_token": str(create_app_token(mallory, "phone", factories.BY).token.uuid),
    }


def crossings() -> Iterator[tuple[Row, str]]:
    """Each operation with each id that it has, of which one will be a stranger's."""
    for row in rows():
        if row.people == EVERYBODY:
            continue
        named = set(re.findall(r"{(\w+)}", row.path)) & IDS
        if NONE_OF_OURS.search(row.path):
            continue
        for name in sorted(named):
            yield row, name
        if "{orgname}" in row.path and named:
            yield row, "orgname"


CROSSINGS = [
    (row, name) for row, name in crossings() if (row.name, name) not in CREATES
]


def crossed_path(
    row: Row, name: str, world: World, alice: User, foreign: dict[str, str]
) -> str:
    """The address as alice would use it, but for one part."""
    template = row.path.replace(f"{{{name}}}", "\0")
    path = world.path(Row(row.method, template, "", frozenset(), 0), alice)
    own = name == "token_uuid" and "/apptoken/" in row.path
    return path.replace("\0", foreign["app_token" if own else name])


def test_s02_the_api_names_many_things_by_ids() -> None:
    """Else the next test would be about little."""
    assert {name for _, name in CROSSINGS} == IDS | {"orgname"}
    assert len(CROSSINGS) > 90


def test_s02_what_is_another_organizations_is_reached_by_no_address_of_ones_own(
    cast: Cast, world: World, foreign: dict[str, str]
) -> None:
    client = in_session(cast.alice)
    failed = []
    for row, name in CROSSINGS:
        path = crossed_path(row, name, world, cast.alice, foreign)
        body = BODIES.get(row.name)
        with transaction.atomic(), client.unchanged(), writes() as written:
            answer = client.send(row.method, path, body, {})
            transaction.set_rollback(True)
        if answer.status not in REFUSED or written:
            failed.append(f"{row.name}, {name}: {answer.status} {written[:1]}")
    assert failed == []


BODIES_THAT_CLAIM: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/repository", {"namespace": "rival", "repository": "new",
                             "visibility": "private", "description": ""}),
    ("PUT", "/organization/rival/robots/new", {"namespace": "acme", "orgname": "acme"}),
    ("PUT", "/organization/rival/team/new", {"role": "admin", "orgname": "acme"}),
    ("PUT", "/organization/rival", {"name": "acme", "email": "x@example.com"}),
    ("POST", "/organization/rival/applications", {"name": "x", "organization": "acme"}),
    ("PUT", "/repository/rival/app", {"description": "x", "namespace": "acme"}),
    ("POST", "/repository/rival/app/changevisibility",
     {"visibility": "public", "namespace": "acme", "repository": "web"}),
    ("PATCH", "/organization/rival/robots/bot", {"enabled": False, "orgname": "acme"}),
    ("POST", "/organization/rival/robots/bot/trusts",
     {"issuer": "https://i.example", "subject": "s", "robot": "acme+ci"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body"), BODIES_THAT_CLAIM, ids=lambda part: str(part)[:40]
)
def test_s02_the_stored_object_decides_and_not_what_the_body_says_of_it(
    method: str,
    path: str,
    body: dict[str, Any],
    cast: Cast,
    foreign: dict[str, str],
) -> None:
    client = in_session(cast.alice)
    before = list(Repository.objects.values()), list(Robot.objects.values())
    with writes() as written:
        answer = client.send(method, f"/api/v1{path}", body, {})
    assert answer.status in {400, 403}, answer.text
    assert written == []
    assert (list(Repository.objects.values()), list(Robot.objects.values())) == before
