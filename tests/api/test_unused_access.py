"""What nobody used, over the API: the same as the command tells."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from robots.lifecycle.permissions import grant
from robots.models import Namespace
from robots.roles import Role
from tests import factories
from tests.api.local import LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


ACME = "/api/v1/organization/acme/unusedaccess"
MINE = "/api/v1/user/unusedaccess"
OLD, RECENT = 91, 89


@pytest.fixture
def world(cast: Cast) -> Cast:
    """acme+ci pulled where it may push; a team has no members."""
    factories.team(cast.acme, "nobody")
    factories.use(cast.web, cast.ci, "pull", RECENT)
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    return cast


def names(report: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    rows = report["permissions"]
    return [(row["repository"], row["grantee"], row["used"]) for row in rows]


def test_the_report_of_an_organization(world: Cast, local_user: LocalUser) -> None:
    answer = local_user(world.alice).get(ACME)
    assert answer.status == 200
    report = answer.json
    assert names(report) == [
        ("api", "team:developers", None),
        ("web", "acme+ci", "read"),
        ("web", "acme+reader", None),
        ("web", "alice", None),
    ]
    assert report["counts"] == {"unused": 3, "wider": 1, "robots": 1, "teams": 1}
    assert [robot["name"] for robot in report["robots"]] == ["acme+reader"]
    assert report["teams"] == [
        {
            "namespace": "acme",
            "name": "nobody",
            "is_empty": True,
            "gives_nothing": True,
        }
    ]
    assert report["days"] == 90
    assert report["begin"] < report["known_since"]
    assert report["permissions"][3]["why_kept"].startswith("no other")
    assert report.keys() == {
        *("days", "begin", "known_since", "counts", "permissions", "robots", "teams")
    }


@pytest.mark.parametrize("days", [None, 30, 88, 90])
def test_it_is_what_the_command_tells(
    days: int | None,
    world: Cast,
    local_user: LocalUser,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [] if days is None else [f"--days={days}"]
    call_command("unused_access", "--namespace=acme", "--json", *arguments)
    told = json.loads(capsys.readouterr().out)
    query = "" if days is None else f"?days={days}"
    report = local_user(world.alice).get(f"{ACME}{query}").json
    for part in ("days", "permissions", "robots", "teams", "known_since"):
        assert report[part] == told[part], part


def test_pages_hold_each_permission_once(world: Cast, local_user: LocalUser) -> None:
    alice = local_user(world.alice)
    whole = alice.get(ACME).json["permissions"]
    pages, url = [], f"{ACME}?limit=1"
    while url:
        page = alice.get(url).json
        pages.append(page)
        token = page.get("next_page")
        url = f"{ACME}?limit=1&next_page={token}" if token else ""
    assert [row for page in pages for row in page["permissions"]] == whole
    assert [len(page["robots"]) for page in pages] == [1, 0, 0, 0]
    assert [len(page["teams"]) for page in pages] == [1, 0, 0, 0]
    assert {page["counts"]["unused"] for page in pages} == {3}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("AP", ["team:developers"]),
        ("develop", ["team:developers"]),
        ("reader", ["acme+reader"]),
        ("lic", ["alice"]),
        ("nothing-has-this", []),
    ],
)
def test_permissions_are_searched(
    wanted: str, found: list[str], world: Cast, local_user: LocalUser
) -> None:
    report = local_user(world.alice).get(f"{ACME}?q={wanted}").json
    assert [row["grantee"] for row in report["permissions"]] == found
    assert report["counts"]["unused"] == 3


def test_ones_own_namespace(world: Cast, local_user: LocalUser) -> None:
    own = Namespace.objects.get(owner=world.bob)
    robot, _ = factories.robot(own, "bot")
    grant(factories.repository(own, "mine"), robot, Role.READ, factories.BY)
    factories.age_everything(OLD)
    report = local_user(world.bob).get(MINE).json
    assert names(report) == [("mine", "bob+bot", None)]
    assert [robot["name"] for robot in report["robots"]] == ["bob+bot"]
    assert report["teams"] == []


def test_nothing_is_used_yet(cast: Cast, local_user: LocalUser) -> None:
    report = local_user(cast.alice).get(ACME).json
    assert report["known_since"] is None
    assert report["permissions"] == report["robots"] == report["teams"] == []


@pytest.mark.parametrize("person", ["bob", "charlie"])
def test_members_and_strangers_learn_nothing(
    person: str, world: Cast, local_user: LocalUser
) -> None:
    client = local_user(getattr(world, person))
    refused, unknown = client.get(ACME), client.get(ACME.replace("acme", "nowhere"))
    assert (refused.status, unknown.status) == (403, 403)
    assert refused.json == unknown.json


@pytest.mark.parametrize(
    "query",
    ["days=0", "days=-1", "days=x", "days=3651", "limit=0", "limit=x", "next_page=x"],
)
def test_bad_parameters_are_refused(
    query: str, world: Cast, local_user: LocalUser
) -> None:
    answer = local_user(world.alice).get(f"{ACME}?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer.text


@pytest.mark.parametrize("many", [1, 40])
def test_many_permissions_cost_no_more_queries(
    many: int,
    world: Cast,
    local_user: LocalUser,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(many):
        repository = factories.repository(world.acme, f"r{number}")
        for grantee in (world.ci, world.bob, world.team):
            grant(repository, grantee, Role.WRITE, factories.BY)
    factories.age_everything(OLD)
    alice = local_user(world.alice)
    with django_assert_max_num_queries(14):
        assert alice.get(f"{ACME}?limit=1000").status == 200
