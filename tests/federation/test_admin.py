"""Trusts on the admin site: looked at, switched and removed, never written there."""

import html
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.lifecycle import add_trust, revise_trust
from federation.models import FederatedToken, Trust
from robots.models import AuditEvent, Namespace, Robot, RobotToken, TokenOrigin
from tests import factories
from tests.conftest import Cast
from tests.federation.signer import Signer
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


def earned(trust: Trust) -> RobotToken:
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest="canary",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    FederatedToken.objects.create(token=token, trust=trust)
    return token


def test_the_list_tells_robot_trust_and_grade(
    admin_client: Client, trust: Trust
) -> None:
    body = admin_client.get(page(Trust, "changelist")).content.decode()
    for shown in ("acme+ci", "builds", ENTRY.issuer, ENTRY.subject, "warning"):
        assert shown in body


def test_a_trust_is_shown_whole_with_what_it_leaves_open(
    admin_client: Client, trust: Trust
) -> None:
    body = admin_client.get(page(Trust, "change", trust.pk)).content.decode()
    assert "Name the audience" in body
    assert "&lt;push&gt;" in body
    assert "<push>" not in body
    assert 'name="issuer"' not in body, "nothing can be written"


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
    ],
    ids=[
        "robot", "issuer", "subject", "other", "too long", "here", "elsewhere", "off",
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
    assert change.status_code == 403
    assert Trust.objects.get().entry == ENTRY


def test_switching_goes_through_the_deed(admin_client: Client, trust: Trust) -> None:
    token = earned(trust)
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
    token = earned(trust)
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


def test_conditions_and_refusals_are_told_in_words(
    admin_client: Client, trust: Trust
) -> None:
    condition = Condition("event", Operator.ONE_OF, ("push", "release"))
    revise_trust(
        trust, factories.BY, conditions=(condition,), audiences=("quay", "other")
    )
    Trust.objects.update(last_refusal={"reason": "claim event is 'fork'"})
    shown = admin_client.get(f"/admin/federation/trust/{trust.pk}/change/")
    assert shown.status_code == 200
    text = html.unescape(shown.content.decode())
    assert "event is one of 'push', 'release'" in text
    assert "<div>quay</div><div>other</div>" in text
    assert "claim event is 'fork'" in text


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("", "none: the issuer is asked"),
        (Signer().jwks(), "<div>key-1</div>"),
        ('{"keys": []}', "none that can be used"),
    ],
    ids=["none", "usable", "of another time"],
)
def test_own_keys_are_told_by_name(
    keys: str, told: str, admin_client: Client, trust: Trust
) -> None:
    Trust.objects.update(keys=keys)
    shown = admin_client.get(f"/admin/federation/trust/{trust.pk}/change/")
    assert shown.status_code == 200
    assert told in shown.content.decode()
