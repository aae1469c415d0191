"""What robots' own pages on the admin site tell of trusts, and whom."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from federation.models import Trust
from robots.models import Robot
from tests import factories
from tests.conftest import Cast
from tests.federation.admin_trusts import home, text_of
from tests.federation.fixtures import TrustBuilder
from tests.robots.admin_pages import page

pytestmark = pytest.mark.django_db


def listed(client: Client, **query: str) -> set[str]:
    """The names in the table of robot accounts."""
    response = client.get(page(Robot, "changelist"), query)
    assert response.status_code == 200
    return {robot.name for robot in response.context["cl"].result_list}


@pytest.mark.parametrize(
    ("value", "names"),
    [("yes", {"ci"}), ("no", {"reader"}), ("x", {"ci", "reader"})],
)
def test_federated_robots_are_filtered(
    value: str, names: set[str], alice: Client, trust: Trust
) -> None:
    assert listed(alice, namespace="acme", federated=value) == names


def test_s02_the_filter_tells_members_nothing(
    client: Client, cast: Cast, trust: Trust
) -> None:
    client.force_login(cast.bob)
    assert listed(client, namespace="acme") == {"ci", "reader"}
    for value in ("yes", "no"):
        assert listed(client, namespace="acme", federated=value) == set()


def ways(*robots: Robot) -> Sequence[list[str]]:
    found: Any = admin.site.get_model_admin(Robot)
    by_robot = found.authentication_of(robots)
    return [by_robot.get(robot.pk, []) for robot in robots]


def test_a_trust_that_counts_is_a_way_to_log_in(
    cast: Cast, trusting: TrustBuilder
) -> None:
    trust = trusting()
    trusting(subject="other")
    assert ways(cast.ci, cast.reader) == [["static", "federated"], ["static"]]
    cast.ci.tokens.all().delete()
    assert ways(cast.ci) == [["federated"]]
    Trust.objects.exclude(pk=trust.pk).update(enabled=False)
    trust.expires_at = timezone.now() - timedelta(seconds=1)
    trust.save()
    assert ways(cast.ci) == [[]]


def test_the_menu_of_a_row_leads_to_federation(alice: Client, trust: Trust) -> None:
    response = alice.get(page(Robot, "changelist"), {"namespace": "acme"})
    assert "Set robot federation" in text_of(response)
    assert home(trust.robot) in response.content.decode()


def test_deleting_a_robot_tells_that_its_trusts_go(alice: Client, trust: Trust) -> None:
    response = alice.get(page(Robot, "delete", trust.robot_id))
    assert '<th scope="col" class="qs-number">Trusts</th>' in response.content.decode()
    found: Any = admin.site.get_model_admin(Robot)
    assert found.dependants([trust.robot])[-1] == ("trusts", {trust.robot_id: 1})


def test_the_keyless_credentials_tell_whether_there_is_a_trust(
    alice: Client, cast: Cast, trust: Trust
) -> None:
    for robot, told in ((cast.ci, "1 trust at"), (cast.reader, "no trusts at")):
        response = alice.get(page(Robot, "credentials", robot.pk))
        assert f"It has {told} present." in text_of(response)
        assert home(robot) in response.content.decode()


def test_staff_who_set_robots_but_see_the_site_find_the_tab(
    client: Client, trust: Trust
) -> None:
    client.force_login(factories.user("staff", is_staff=True))
    body = client.get(page(Robot, "change", trust.robot_id)).content.decode()
    assert home(trust.robot) in body
