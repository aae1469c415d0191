"""The list of trusts on the admin site: searched, switched, removed."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.lifecycle import add_trust
from federation.models import Trust
from robots.models import AuditEvent, Namespace, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.federation.written_trusts import token_of
from tests.robots.admin_pages import act, delete, events_by_admin, messages_of, page

pytestmark = pytest.mark.django_db

ENTRY = Entry(
    "https://issuer.example",
    "repo:acme/app",
    name="builds",
    conditions=(Condition("event", Operator.EQUALS, ("<push>",)),),
)


@pytest.fixture
def trust(cast: Cast) -> Trust:
    return add_trust(cast.ci, ENTRY, factories.BY)


def test_the_list_tells_robot_trust_and_grade(
    admin_client: Client, trust: Trust
) -> None:
    body = admin_client.get(page(Trust, "changelist")).content.decode()
    tab = f"/admin/robots/robot/{trust.robot_id}/federation/#trust-{trust.pk}"
    for shown in ("acme+ci", "builds", ENTRY.issuer, ENTRY.subject, "Warning", tab):
        assert shown in body


def test_a_trust_is_shown_on_the_page_of_its_robot(
    admin_client: Client, trust: Trust
) -> None:
    url = page(Trust, "change", trust.pk)
    response = admin_client.get(url, follow=True)
    assert response.redirect_chain == [(home_of(trust), 302)]
    assert admin_client.get(page(Trust, "change", 10**6)).status_code == 404
    assert admin_client.get(page(Trust, "change", "x_5Fy")).status_code == 404


def test_an_empty_list_says_where_to_begin(admin_client: Client, cast: Cast) -> None:
    body = admin_client.get(page(Trust, "changelist")).content.decode()
    assert "no secret is stored anywhere" in body
    assert f'<a href="{page(Robot, "changelist")}">robot accounts</a>' in body


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "acme+ci"}, 1),
        ({"q": "issuer.example"}, 1),
        ({"q": "repo:acme/app"}, 1),
        ({"q": "other"}, 0),
        ({"q": "ci " * 5_000}, 0),
        ({"namespace": "acme"}, 1),
        ({"namespace": "other"}, 0),
        ({"enabled__exact": "0"}, 0),
        ({"used": "never"}, 1),
        ({"used": "ever"}, 0),
        ({"used": "\x00"}, 1),
    ],
    ids=[
        "robot", "issuer", "subject", "other", "too long", "here", "elsewhere", "off",
        "never used", "used", "no such use",
    ],
)  # fmt: skip
def test_searches_and_filters_find_what_they_name(
    query: dict[str, str], found: int, admin_client: Client, trust: Trust
) -> None:
    response = admin_client.get(page(Trust, "changelist"), query)
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) == found


def test_a_trust_is_neither_added_nor_changed_here(
    admin_client: Client, trust: Trust
) -> None:
    assert admin_client.get(page(Trust, "add")).status_code == 403
    change = admin_client.post(page(Trust, "change", trust.pk), {"subject": "x"})
    assert change.headers["Location"] == home_of(trust)
    assert Trust.objects.get().entry == ENTRY


def test_switching_goes_through_the_deed(admin_client: Client, trust: Trust) -> None:
    token = token_of(trust)
    response = act(admin_client, Trust, "disable", trust)
    assert messages_of(response) == ["Trusts disabled: 1."]
    assert not Trust.objects.get().enabled
    assert not RobotToken.objects.filter(pk=token.pk).exists()
    assert messages_of(act(admin_client, Trust, "disable", trust)) == [
        "Trusts disabled: 0."
    ]
    act(admin_client, Trust, "enable", trust)
    assert Trust.objects.get().enabled
    kinds = [kind for kind, _ in events_by_admin()]
    assert kinds == ["disable_robot_trust", "enable_robot_trust"]


def test_deleting_goes_through_the_deed(admin_client: Client, trust: Trust) -> None:
    token = token_of(trust)
    delete(admin_client, trust)
    assert not Trust.objects.exists()
    assert not RobotToken.objects.filter(pk=token.pk).exists()
    [(kind, facts)] = events_by_admin()
    assert (kind, facts["robot"], facts["subject"]) == (
        "remove_robot_trust",
        "ci",
        ENTRY.subject,
    )


def test_many_are_deleted_together(admin_client: Client, trust: Trust) -> None:
    other = add_trust(trust.robot, Entry("https://o.example", "s"), factories.BY)
    act(admin_client, Trust, "delete_selected", trust, other, post="yes")
    assert not Trust.objects.exists()
    assert [kind for kind, _ in events_by_admin()] == ["remove_robot_trust"] * 2


def test_what_the_linter_refuses_is_not_enabled_and_said_so(
    admin_client: Client, trust: Trust
) -> None:
    Trust.objects.update(subject="*", enabled=False)
    response = act(admin_client, Trust, "enable", trust)
    assert messages_of(response)[0].startswith("subject: ")
    assert not Trust.objects.get().enabled


def test_who_may_only_look_is_offered_nothing(
    client: Client, trust: Trust, cast: Cast
) -> None:
    staff = factories.user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_trust"))
    client.force_login(staff)
    body = client.get(page(Trust, "changelist")).content.decode()
    assert "acme+ci" in body
    assert "Disable selected trusts" not in body
    act(client, Trust, "disable", trust)
    assert Trust.objects.get().enabled
    assert not AuditEvent.objects.filter(kind="disable_robot_trust").exists()


def test_a_list_costs_as_many_queries_with_50_rows_as_with_5(
    admin_client: Client,
) -> None:
    url = page(Trust, "changelist")
    fill(range(5))
    admin_client.get(url)
    few = cost(admin_client, url)
    fill(range(5, 50))
    assert cost(admin_client, url) == few


def fill(numbers: range) -> None:
    for number in numbers:
        home = Namespace.objects.create(name=f"org{number}")
        robot = Robot.objects.create(namespace=home, name=f"bot{number}")
        Trust(robot=robot, issuer="https://i.example", subject="s").save()


def cost(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def home_of(trust: Trust) -> str:
    """Where the trust is shown."""
    return f"/admin/robots/robot/{trust.robot_id}/federation/#trust-{trust.pk}"


@pytest.mark.parametrize("action", ["enable", "disable", "delete_selected"])
def test_s02_actions_reach_no_trust_of_another_namespace(
    action: str, client: Client, trust: Trust, cast: Cast
) -> None:
    """Charlie owns another organization, and ticks a trust of acme's."""
    factories.organization("elsewhere", owner=cast.charlie)
    client.force_login(cast.charlie)
    act(client, Trust, action, trust, post="yes")
    assert Trust.objects.get().enabled
    for name in ("change", "delete", "history"):
        assert client.get(page(Trust, name, trust.pk)).status_code == 404


def test_a_member_who_looks_sees_no_trust(
    client: Client, trust: Trust, cast: Cast
) -> None:
    client.force_login(cast.bob)
    body = client.get(page(Trust, "changelist")).content.decode()
    assert ENTRY.issuer not in body
    assert ENTRY.subject not in body
    assert client.get(page(Trust, "change", trust.pk)).status_code == 404
