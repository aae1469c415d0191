"""Set robot federation: the trusts of one robot, on its tab of the admin site."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.lifecycle import add_trust
from federation.models import Trust
from robots.models import AuditEvent, Robot, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.federation.admin_trusts import home, send, text_of
from tests.federation.signer import Signer
from tests.federation.written_trusts import token_of

pytestmark = pytest.mark.django_db

ENTRY = Entry(
    "https://issuer.example",
    "repo:acme/app",
    name="builds",
    conditions=(Condition("event", Operator.ONE_OF, ("<push>", "release")),),
)


@pytest.fixture
def trust(cast: Cast) -> Trust:
    return add_trust(cast.ci, ENTRY, factories.BY)


def kinds() -> list[str]:
    rows = AuditEvent.objects.filter(performer_name="alice")
    return list(rows.order_by("id").values_list("kind", flat=True))


def test_the_tab_tells_all_that_a_trust_says_and_leaves_open(
    alice: Client, trust: Trust
) -> None:
    token_of(trust)
    response = alice.get(home(trust.robot))
    text = text_of(response)
    for shown in (
        "Set robot federation",
        "builds",
        "Grade: warning",
        "Name the audience",
        "Audiences Any: none is named",
        "event is one of '<push>', 'release'",
        "1 live token",
    ):
        assert shown in text
    assert "<push>" not in response.content.decode()


def test_without_a_trust_it_says_what_to_do_first(alice: Client, cast: Cast) -> None:
    text = text_of(alice.get(home(cast.ci)))
    assert "acme+ci trusts nobody yet" in text
    assert "GitHub Actions" in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"keys": ""}, "Keys Those that the issuer publishes"),
        ({"keys": Signer().jwks()}, "Keys Its own: key-1"),
        ({"keys": '{"keys": []}'}, "Keys Its own; none can be used"),
        ({"enabled": False}, "Disabled"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "Ended"),
        ({"last_refusal": {"reason": "claim x is 'y'"}}, "claim x is 'y'"),
        ({"subject_match": "glob"}, "As a pattern"),
        ({"max_age": 300}, "Oldest token 300 seconds"),
    ],
)  # fmt: skip
def test_what_is_unusual_about_a_trust_is_told(
    changes: dict[str, object], told: str, alice: Client, trust: Trust
) -> None:
    Trust.objects.update(**changes)
    assert told in text_of(alice.get(home(trust.robot)))


def test_removing_asks_first_and_shuts_out_at_once(alice: Client, trust: Trust) -> None:
    token = token_of(trust)
    url = home(trust.robot, trust.pk, "remove")
    assert "1 live token that it gave ends now" in text_of(alice.get(url))
    assert Trust.objects.exists(), "asking removes nothing"
    response = send(alice, url, {})
    assert response.headers["Location"] == home(trust.robot)
    assert not Trust.objects.exists()
    assert not RobotToken.objects.filter(pk=token.pk).exists()
    assert kinds() == ["remove_robot_trust"]
    assert send(alice, url, {}).status_code == 404


def test_a_trust_is_switched_off_and_on(alice: Client, trust: Trust) -> None:
    token = token_of(trust)
    url = home(trust.robot, trust.pk, "switch")
    for said, enabled in (("no", False), ("yes", True)):
        response = send(alice, url, {"enabled": said})
        assert response.status_code == 302
        assert Trust.objects.get().enabled is enabled
    assert not RobotToken.objects.filter(pk=token.pk).exists()
    assert kinds() == ["disable_robot_trust", "enable_robot_trust"]
    assert alice.get(url).status_code == 405


def test_what_the_linter_refuses_is_not_switched_on(
    alice: Client, trust: Trust
) -> None:
    Trust.objects.update(subject="*", enabled=False)
    url = home(trust.robot, trust.pk, "switch")
    response = alice.post(url, {"enabled": "yes"}, follow=True)
    assert str(next(iter(response.context["messages"]))).startswith("subject: ")
    assert not Trust.objects.get().enabled


PAGES = ["", "add", "test", "preset/github", "T/change", "T/remove", "T/switch"]


def urls(robot: Robot, trust: Trust) -> list[str]:
    return [home(robot) + page.replace("T", str(trust.pk)) + "/" for page in PAGES[1:]]


def answers(client: Client, robot: Robot, trust: Trust) -> set[int]:
    """The statuses of every page, looked at and sent to; the tab itself too."""
    found = {client.get(home(robot)).status_code}
    for url in urls(robot, trust):
        if not url.endswith("/switch/"):
            found.add(client.get(url).status_code)
        found.add(client.post(url, {"issuer": "https://x", "token": "x"}).status_code)
    return found


def test_s02_strangers_find_no_page_of_a_robot(
    client: Client, trust: Trust, cast: Cast
) -> None:
    factories.organization("elsewhere", owner=cast.charlie)
    client.force_login(cast.charlie)
    assert answers(client, trust.robot, trust) == {404}
    assert Trust.objects.get().entry == ENTRY


def test_members_who_look_get_no_page_about_trusts(
    client: Client, trust: Trust, cast: Cast
) -> None:
    client.force_login(cast.bob)
    assert answers(client, trust.robot, trust) == {403}
    assert Trust.objects.get().entry == ENTRY
    body = client.get(f"/admin/robots/robot/{cast.ci.pk}/change/").content.decode()
    assert home(cast.ci) not in body


def test_nobody_who_is_not_signed_in_gets_in(client: Client, trust: Trust) -> None:
    assert answers(client, trust.robot, trust) == {302}


def test_s02_the_trust_of_another_robot_is_none_of_this_one(
    alice: Client, trust: Trust, cast: Cast
) -> None:
    """Of the same organization, and of another one that alice knows the id of."""
    home2, _ = factories.robot(factories.organization("elsewhere"), "bot")
    foreign = add_trust(home2, ENTRY, factories.BY)
    for robot, other in ((cast.reader, trust), (cast.ci, foreign)):
        for name in ("change", "remove", "switch"):
            url = home(robot, other.pk, name)
            assert alice.post(url, {"enabled": "no"}).status_code == 404
    assert Trust.objects.filter(enabled=True).count() == 2
    assert kinds() == []


def test_staff_who_only_look_see_trusts_and_change_none(
    client: Client, trust: Trust
) -> None:
    staff = factories.user("staff", is_staff=True)
    client.force_login(staff)
    response = client.get(home(trust.robot))
    assert "builds" in text_of(response)
    body = response.content.decode()
    for name in ("/add/", "/change/", "/remove/", "/switch/", "/test/"):
        assert f"federation{name}" not in body
        assert f"federation/{trust.pk}{name}" not in body
    for url in urls(trust.robot, trust):
        assert client.post(url, {}).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="delete_trust"))
    url = home(trust.robot, trust.pk, "remove")
    assert send(client, url, {}).status_code == 302
    assert not Trust.objects.exists()


def test_no_page_keeps_anything_of_it(alice: Client, trust: Trust) -> None:
    for url in (home(trust.robot), *urls(trust.robot, trust)):
        if not url.endswith("/switch/"):
            assert "no-store" in alice.get(url).headers["Cache-Control"]


@pytest.mark.parametrize("key", ["0", "9" * 30, "9" * 5000, "x", "%00", "-1"])
def test_a_key_that_cannot_be_is_not_found(key: str, alice: Client, cast: Cast) -> None:
    assert alice.get(home(cast.ci, key, "change")).status_code == 404
    assert alice.get(f"/admin/robots/robot/{key}/federation/").status_code == 404


def test_a_robot_with_50_trusts_costs_as_much_as_one_with_5(
    alice: Client, cast: Cast
) -> None:
    def cost(numbers: range) -> int:
        for n in numbers:
            Trust(robot=cast.ci, issuer=f"https://i{n}.example", subject="s").save()
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(home(cast.ci)).status_code == 200
        return len(queries)

    few = cost(range(5))
    assert cost(range(5, 50)) == few <= 15


def test_a_robot_that_is_full_offers_no_other_trust(alice: Client, cast: Cast) -> None:
    for n in range(100):
        Trust(robot=cast.ci, issuer=f"https://i{n}.example", subject="s").save()
    response = alice.get(home(cast.ci))
    assert "as many trusts as it may have" in text_of(response)
    assert "Add trust" not in text_of(response)
