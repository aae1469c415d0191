"""The table that Quay itself answered, row by row, in a world like the one it had.

Where Quaysite differs on purpose the row says why. The row of an OAuth token as a
password is not here: that login does not exist yet.
"""

from dataclasses import dataclass

import pytest
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import delete_robot, regenerate_token
from robots.models import Repository, Robot
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic, login_of, refusal

SERVICE = "localhost:5580"
Access = list[tuple[str, list[str]]]


@dataclass(frozen=True)
class Row:
    """Who asked which scopes, and the access list of the token."""

    who: str
    scopes: tuple[str, ...]
    access: Access
    why_not_as_quay: str = ""

    def __str__(self) -> str:
        return f"{self.who} {' '.join(self.scopes)}"


def row(who: str, scope: str, *actions: str, name: str = "", why: str = "") -> Row:
    """A row of one scope without its type: `buynlarge/orgrepo:pull`."""
    path = name or scope.rpartition(":")[0]
    return Row(who, (f"repository:{scope}",), [(path, list(actions))], why)


ROWS = [
    row("ci", "buynlarge/orgrepo:pull", "pull"),
    row("ci", "buynlarge/orgrepo:push", "push"),
    row("ci", "buynlarge/orgrepo:pull,push", "push", "pull"),
    row("ci", "buynlarge/orgrepo:push,pull", "push", "pull"),
    row("ci", "buynlarge/orgrepo:pull,pull", "pull"),
    row("ci", "buynlarge/orgrepo:*"),
    row("ci", "buynlarge/orgrepo:pull,push,*", "push", "pull"),
    row(
        "ci",
        "localhost:5580/buynlarge/orgrepo:pull",
        "pull",
        name="buynlarge/orgrepo",
        why="a registry looks for the name without the host",
    ),
    row("ci", "buynlarge/anotherorgrepo:pull"),
    row("ci", "buynlarge/anotherorgrepo:pull,push"),
    row("ci", "buynlarge/brandnew:push,pull"),
    row("ci", "buynlarge/nosuchrepo:pull"),
    row("ci", "nosuchorg/x:pull,push"),
    row("ci", "devtable/simple:pull"),
    row("ci", "public/publicrepo:pull", "pull"),
    row("ci", "public/publicrepo:pull,push", "pull"),
    row("ci", "orgrepo:pull"),
    row("ci", "buynlarge/nested/repo:pull"),
    Row(
        "ci",
        (
            "repository:buynlarge/orgrepo:pull",
            "repository:buynlarge/anotherorgrepo:pull",
            "repository:public/publicrepo:pull",
        ),
        [
            ("buynlarge/orgrepo", ["pull"]),
            ("buynlarge/anotherorgrepo", []),
            ("public/publicrepo", ["pull"]),
        ],
    ),
    Row(
        "ci",
        ("repository:buynlarge/orgrepo:pull", "repository:buynlarge/orgrepo:push"),
        [("buynlarge/orgrepo", ["push", "pull"])],
        "one repository is one entry",
    ),
    Row("ci", ("",), []),
    Row(
        "ci",
        ("", "repository:buynlarge/orgrepo:pull"),
        [("buynlarge/orgrepo", ["pull"])],
    ),
    Row("ci", (), []),
    row("ownerbot", "buynlarge/anotherorgrepo:pull,push,*", "push", "pull", "*"),
    row("ownerbot", "devtable/simple:pull"),
    row("ownerbot", "buynlarge/nosuch9:pull,*", why="Quay answers with an error 500"),
    row("ownerbot", "buynlarge/nosuch9:pull", why="nothing is there to be pulled"),
    row("creatorbot", "buynlarge/orgrepo:pull,push"),
    row("creatorbot", "buynlarge/madeby1622:push,pull", "push", "pull"),
    row("creatorbot", "buynlarge/nosuchyet25813:pull"),
    row("dtrobot", "devtable/complex:pull,push", "pull"),
    row("dtrobot", "devtable/mirrored:pull,push", "push", "pull"),
    row("dtrobot", "devtable/readonly:pull,push"),
    row("anonymous", "public/publicrepo:pull", "pull"),
    row("anonymous", "public/publicrepo:pull,push", "pull"),
    row("anonymous", "buynlarge/orgrepo:pull"),
    row("anonymous", "buynlarge/nosuchrepo:pull"),
    row("devtable", "buynlarge/orgrepo:pull,push,*", "push", "pull", "*"),
    row("devtable", "devtable/readonly:pull,push,*", "pull"),
    row("devtable", "devtable/mirrored:pull,push,*", "pull"),
    row("reader", "buynlarge/orgrepo:pull,push", "pull"),
]

Logins = dict[str, str | None]


@pytest.fixture
def logins(db: None, settings: Settings) -> Logins:
    """Quay's test world; the Authorization header of everyone in it."""
    settings.SERVER_HOSTNAME = SERVICE
    devtable, reader = factories.user("devtable"), factories.user("reader")
    org = factories.organization("buynlarge", owner=devtable)
    orgrepo = factories.repository(org, "orgrepo")
    factories.repository(org, "anotherorgrepo")
    ci = factories.robot(org, "ci")[0]
    grant(orgrepo, ci, Role.WRITE, factories.BY)
    grant(orgrepo, reader, Role.READ, factories.BY)
    owner = factories.robot(org, "ownerbot")[0]
    creator = factories.robot(org, "creatorbot")[0]
    factories.team(org, "masters", TeamRole.ADMIN, members=(owner,))
    factories.team(org, "creators", TeamRole.CREATOR, members=(creator,))
    everybody = factories.user("public").personal_namespace
    factories.repository(everybody, "publicrepo", Visibility.PUBLIC)
    robots = {"ci": ci, "ownerbot": owner, "creatorbot": creator}
    robots["dtrobot"] = _repositories_of_devtable(devtable)
    people = {name: basic(name) for name in ("devtable", "reader")}
    return {
        **people,
        **{name: login_of(robot) for name, robot in robots.items()},
        "anonymous": None,
    }


def _repositories_of_devtable(devtable: User) -> Robot:
    home = devtable.personal_namespace
    robot = factories.robot(home, "dtrobot")[0]
    factories.repository(home, "simple")
    factories.repository(home, "readonly", state=State.READ_ONLY)
    grant(factories.repository(home, "complex"), robot, Role.READ, factories.BY)
    mirrored = factories.repository(home, "mirrored", state=State.MIRROR)
    Repository.objects.filter(pk=mirrored.pk).update(mirror_robot=robot)
    grant(mirrored, robot, Role.WRITE, factories.BY)
    return robot


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_row_is_answered_as_the_table_has_it(
    row: Row, logins: Logins, endpoint: Endpoint
) -> None:
    assert endpoint.access(*row.scopes, login=logins[row.who]) == row.access


def test_another_hosts_prefix_is_refused(logins: Logins, endpoint: Endpoint) -> None:
    scope = "repository:other:5000/buynlarge/orgrepo:pull"
    assert refusal(endpoint.get(scope, login=logins["ci"])) == (
        400,
        "INVALID_REQUEST",
        f"Unable to decode repository and actions: {scope}",
    )


def test_an_unknown_parameter_changes_nothing(
    logins: Logins, endpoint: Endpoint
) -> None:
    assert endpoint.access(login=logins["ci"], x="1") == []


def test_services_are_checked_where_quay_copies_them(
    logins: Logins, endpoint: Endpoint
) -> None:
    """Quay signs for any service, and for none at all if none is named."""
    scope = "repository:buynlarge/orgrepo:pull"
    foreign = endpoint.get(scope, login=logins["ci"], service="some.other.host")
    message = "Unknown service: some.other.host"
    assert refusal(foreign) == (400, "INVALID_REQUEST", message)
    claims = endpoint.claims(endpoint.get(scope, login=logins["ci"]))
    assert claims["aud"] == "127.0.0.1:5000"


def test_regenerating_and_deleting_count_at_the_next_request(
    logins: Logins, endpoint: Endpoint
) -> None:
    robot = Robot.objects.get(name="ci")
    wrong = (
        401,
        "UNAUTHORIZED",
        "Could not find robot with username: buynlarge+ci and supplied password.",
    )
    old = logins["ci"]
    assert endpoint.access(login=old) == []
    new = basic("buynlarge+ci", regenerate_token(robot, factories.BY).secret)
    assert refusal(endpoint.get(login=old)) == wrong
    assert endpoint.access(login=new) == []
    delete_robot(robot, factories.BY)
    assert refusal(endpoint.get(login=new)) == wrong
