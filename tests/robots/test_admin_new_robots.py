"""Create robot account on the admin site: the form, its review, and the deed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.models import Namespace, RepositoryPermission, Robot, RobotToken, TeamMember
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import events_by_admin, messages_of, page, post

ADD = "/admin/robots/robot/add/?namespace=acme"
TOKEN = re.compile(r"\b[A-Z0-9]{64}\b")


def new_robot(**fields: Any) -> dict[str, Any]:
    return {"name": "builder", "description": "", "metadata": "{}", **fields}


def create(client: Client, data: dict[str, Any], url: str = ADD) -> Any:
    return post(client, url, {**data, "step": "create"})


def form_errors(response: Any) -> dict[str, list[str]]:
    """The errors on a form that came back; it must have come back."""
    assert response.status_code == 200
    errors: dict[str, list[str]] = dict(response.context["form"].errors)
    assert errors
    return errors


@pytest.fixture
def alice(client: Client, cast: Cast) -> Client:
    """A browser of alice, who administers acme and is no staff."""
    client.force_login(cast.alice)
    return client


def test_a_new_robot_has_all_that_the_form_says_and_its_token_is_not_shown(
    alice: Client, cast: Cast
) -> None:
    end = (timezone.now() + timedelta(days=9)).replace(second=0, microsecond=0)
    data = new_robot(
        description="builds",
        metadata='{"team": "core"}',
        teams=["developers"],
        repository=["web", "api"],
        role=["write", "read"],
        expires_at=end.strftime("%Y-%m-%dT%H:%M"),
    )

    review = post(alice, ADD, {**data, "step": "review"})
    nothing = Robot.objects.filter(name="builder").exists()
    made = create(alice, data)

    assert (review.status_code, nothing) == (200, False)
    assert "Review and finish" in review.content.decode()
    robot = Robot.objects.get(namespace=cast.acme, name="builder")
    assert made.status_code == 302
    assert made["Location"] == "/admin/robots/robot/?namespace=acme"
    assert (robot.description, robot.metadata) == ("builds", {"team": "core"})
    assert robot.expires_at == end
    rows = RepositoryPermission.objects.filter(robot=robot)
    assert set(rows.values_list("repository__name", "role")) == {
        ("web", Role.WRITE),
        ("api", Role.READ),
    }
    assert TeamMember.objects.get(robot=robot).team == cast.team
    body: Any = alice.get(made["Location"])
    assert messages_of(body) == [
        "Successfully created robot account with robot name: acme + builder."
        f' <a href="/admin/robots/robot/{robot.pk}/credentials/">Show its'
        " credentials</a>"
    ]
    assert TOKEN.search(body.content.decode()) is None


def test_what_is_created_is_audited_with_its_end(
    admin_client: Client, cast: Cast
) -> None:
    create(
        admin_client,
        new_robot(description="builds", expires_at="2099-01-02T03:04"),
    )

    assert events_by_admin() == [
        (
            "create_robot",
            {
                "robot": "builder",
                "description": "builds",
                "unstructured_metadata": None,
                "expires_at": "2099-01-02T03:04:00+00:00",
            },
        )
    ]


def test_the_end_is_in_the_zone_of_the_browser(alice: Client, cast: Cast) -> None:
    alice.cookies["timezone"] = "Asia/Tokyo"

    create(alice, new_robot(expires_at="2099-01-02T09:00"))

    made = Robot.objects.get(name="builder").expires_at
    assert made is not None and made.isoformat() == "2099-01-02T00:00:00+00:00"


def test_the_form_can_be_sent_as_it_is_shown(alice: Client, cast: Cast) -> None:
    form = alice.get(ADD).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}

    assert create(alice, {**shown, "name": "builder"}).status_code == 302
    assert Robot.objects.get(name="builder").metadata == {}


@pytest.mark.parametrize("step", ["review", "create", "", "\x00"])
def test_a_duplicate_says_why_and_loses_nothing(
    alice: Client, cast: Cast, step: str
) -> None:
    data = new_robot(
        name="ci", description="kept text", teams=["developers"], repository=["web"]
    )

    response = post(alice, ADD, {**data, "role": ["admin"], "step": step})

    assert form_errors(response) == {"name": ["Existing robot with name: acme+ci"]}
    body = response.content.decode()
    assert "Error creating robot account." in body
    assert 'value="kept text"' in body
    assert 'value="developers" checked' in body
    assert response.context["form"].rows == [("web", "admin")]
    assert Robot.objects.filter(namespace=cast.acme).count() == 2


REFUSED_ROBOTS: dict[str, tuple[dict[str, Any], str]] = {
    "capital letters": ({"name": "CI"}, "name"),
    "one letter": ({"name": "a"}, "name"),
    "empty name": ({"name": ""}, "name"),
    "NUL in the name": ({"name": "ab\x00c"}, "name"),
    "too long a name": ({"name": "a" * 256}, "name"),
    "a name of 100,000 characters": ({"name": "a" * 100_000}, "name"),
    "too long with its namespace": ({"name": "a" * 254}, "name"),
    "plus in the name": ({"name": "acme+ci"}, "name"),
    "NUL in the description": ({"description": "a\x00b"}, "description"),
    "too long a description": ({"description": "d" * 256}, "description"),
    "an end that has passed": ({"expires_at": "2020-01-01T00:00"}, "expires_at"),
    "an end that is none": ({"expires_at": "9" * 5_000}, "expires_at"),
    "an end past all calendars": ({"expires_at": "9999-12-31T23:59:99"}, "expires_at"),
    "unknown team": ({"teams": ["nobody"]}, "__all__"),
    "NUL in a team": ({"teams": ["\x00"]}, "__all__"),
    "unknown repository": ({"repository": ["none"], "role": ["read"]}, "__all__"),
    "NUL in a repository": ({"repository": ["\x00"], "role": ["read"]}, "__all__"),
    "unknown role": ({"repository": ["web"], "role": ["owner"]}, "__all__"),
    "a typed repository that is none": ({"new_repository": "x" * 99_999}, "__all__"),
    "too many repositories": (
        {"repository": [f"r{n}" for n in range(300)], "role": ["read"] * 300},
        "__all__",
    ),
    "metadata: no JSON": ({"metadata": "{"}, "metadata"),
    "metadata: a list": ({"metadata": "[1]"}, "metadata"),
    "metadata: null": ({"metadata": "null"}, "metadata"),
    "metadata: NaN": ({"metadata": '{"a": NaN}'}, "metadata"),
    "metadata: infinite number": ({"metadata": '{"a": 1e999}'}, "metadata"),
    "metadata: escaped NUL": ({"metadata": r'{"a": ["\u0000"]}'}, "metadata"),
    "metadata: NUL in a key": ({"metadata": r'{"\u0000": 1}'}, "metadata"),
    "metadata: lone surrogate": ({"metadata": r'{"a": "\ud800"}'}, "metadata"),
    "metadata: nested too deep": (
        {"metadata": '{"a":' * 9_000 + "1" + "}" * 9_000},
        "metadata",
    ),
    "metadata: number too long": (
        {"metadata": '{"a": %s}' % ("9" * 5_000)},
        "metadata",
    ),
    "metadata: too long": ({"metadata": '{"a": "%s"}' % ("x" * 70_000)}, "metadata"),
}


@pytest.mark.parametrize("fields, where", REFUSED_ROBOTS.values(), ids=REFUSED_ROBOTS)
def test_a_robot_that_cannot_be_is_a_form_error_and_stores_nothing(
    admin_client: Client, cast: Cast, fields: dict[str, Any], where: str
) -> None:
    before = (Robot.objects.count(), RobotToken.objects.count())

    response = create(admin_client, new_robot(**fields))

    assert where in form_errors(response)
    assert "Error creating robot account." in response.content.decode()
    assert (Robot.objects.count(), RobotToken.objects.count()) == before
    assert events_by_admin() == []


def test_s02_what_is_of_another_namespace_is_as_unknown_as_what_is_not(
    alice: Client, cast: Cast
) -> None:
    other = factories.organization("other")
    factories.repository(other, "hidden")
    factories.team(other, "secret")

    for fields in (
        {"repository": ["hidden"], "role": ["read"]},
        {"repository": ["other/hidden"], "role": ["read"]},
        {"teams": ["secret"]},
    ):
        assert "__all__" in form_errors(create(alice, new_robot(**fields)))
    names = alice.get("/admin/robots/robot/add/choices/?namespace=acme&q=hid").json()
    assert names == {"names": []}
    assert not Robot.objects.filter(name="builder").exists()


def test_s01_nobody_creates_a_robot_where_the_person_is_no_administrator(
    client: Client, cast: Cast
) -> None:
    """bob is in a team of acme; charlie is nobody there."""
    for person in (cast.bob, cast.charlie):
        client.force_login(person)

        answer = create(client, new_robot())
        names = client.get("/admin/robots/robot/add/choices/?namespace=acme")

        assert answer.status_code == 200
        assert "There is no acme in which you may create" in answer.content.decode()
        assert names.json() == {"names": []}
    assert not Robot.objects.filter(name="builder").exists()


def test_staff_without_the_permission_create_nothing(
    client: Client, cast: Cast
) -> None:
    """Staff still are administrators of their own namespace, and of no other."""
    cast.bob.is_staff = True
    cast.bob.save()
    client.force_login(cast.bob)

    create(client, new_robot())

    assert not Robot.objects.filter(name="builder").exists()


def test_the_organization_is_asked_for_where_there_is_a_choice(
    alice: Client, cast: Cast
) -> None:
    body = alice.get("/admin/robots/robot/add/").content.decode()
    from_list = alice.get(
        "/admin/robots/robot/add/", {"_changelist_filters": "namespace=acme"}
    )

    assert "<option>acme</option>" in body
    assert "<option>alice</option>" in body
    assert "bob" not in body
    assert from_list.context["form"].namespace == cast.acme


def test_a_person_with_one_namespace_is_not_asked(client: Client, cast: Cast) -> None:
    client.force_login(cast.bob)

    answer = client.get("/admin/robots/robot/add/")

    assert answer["Location"] == "/admin/robots/robot/add/?namespace=bob"


@pytest.mark.parametrize("name", ["\x00", "x" * 100_000, "other", "9" * 50, "ACME"])
def test_odd_organizations_in_the_address_are_asked_for_again(
    alice: Client, cast: Cast, name: str
) -> None:
    answer = alice.get("/admin/robots/robot/add/", {"namespace": name})
    choices = alice.get(
        "/admin/robots/robot/add/choices/", {"namespace": name, "q": "\x00"}
    )

    assert answer.status_code == 200
    assert "form" not in answer.context
    assert choices.json() == {"names": []}


def test_repositories_are_added_and_taken_out_without_a_script(
    alice: Client, cast: Cast
) -> None:
    """Half a form is shown again without complaint, and Back keeps all of it."""
    typed = {"new_repository": "acme/web", "new_role": "write", "step": "add"}
    added = post(alice, ADD, {"name": "", **typed})
    rows = {"repository": ["web", "api"], "role": ["write", "read"]}
    taken_out = post(alice, ADD, {"name": "b", **rows, "remove": "web"})
    back = post(alice, ADD, {**new_robot(**rows), "step": "edit"})
    unknown = post(alice, ADD, {"name": "", "new_repository": "none", "step": "add"})

    assert added.context["form"].rows == [("web", "write")]
    assert taken_out.context["form"].rows == [("api", "read")]
    assert back.context["form"].rows == [("web", "write"), ("api", "read")]
    assert 'value="builder"' in back.content.decode()
    for page_again in (added, taken_out, back):
        assert not page_again.context["form"].errors
    assert "There is no repository none here." in unknown.content.decode()


def test_a_repository_is_found_among_ten_thousand_by_a_part_of_its_name(
    alice: Client, cast: Cast
) -> None:
    for n in range(30):
        factories.repository(cast.acme, f"svc/web{n:02}")

    answer = alice.get("/admin/robots/robot/add/choices/?namespace=acme&q=WEB")

    names = answer.json()["names"]
    assert (names[0], names[1], len(names)) == ("web", "svc/web00", 20)


def test_more_teams_than_boxes_are_typed(alice: Client, cast: Cast) -> None:
    for n in range(35):
        factories.team(cast.acme, f"team{n:02}")

    shown = alice.get(ADD).content.decode()
    made = create(alice, new_robot(teams="team03, team07,"))

    assert "Names of teams, separated by commas" in shown
    assert made.status_code == 302
    members = TeamMember.objects.filter(robot__name="builder")
    assert set(members.values_list("team__name", flat=True)) == {"team03", "team07"}


@pytest.mark.parametrize("step", ["review", "create"])
def test_the_switch_that_disallows_robots_says_so_exactly(
    alice: Client, cast: Cast, settings: Settings, step: str
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+mirror"]

    refused = post(alice, ADD, {**new_robot(), "step": step})
    allowed = create(alice, new_robot(name="mirror"))

    text = (
        "Cannot create robot account. Robot accounts have been disabled. Please"
        " contact your administrator."
    )
    assert form_errors(refused)["__all__"] == [text]
    assert f"<strong>{text}</strong>" in refused.content.decode()
    assert "Error creating robot account." not in refused.content.decode()
    assert not Robot.objects.filter(name="builder").exists()
    assert allowed.status_code == 302
    assert Robot.objects.filter(name="mirror").exists()


def test_a_personal_namespace_has_robots_but_no_teams(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.bob)
    url = "/admin/robots/robot/add/?namespace=bob"

    assert "Teams" not in client.get(url).content.decode().split("</nav>")[-1]
    assert create(client, new_robot(), url).status_code == 302
    home: Namespace = cast.bob.personal_namespace
    assert Robot.objects.filter(namespace=home, name="builder").exists()
    assert page(Robot, "add") == "/admin/robots/robot/add/"
