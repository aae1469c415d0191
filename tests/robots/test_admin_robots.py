"""The list of robots in the admin: what it shows, finds and costs."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import Robot, RobotToken
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import page


def test_the_table_shows_what_a_robot_has(client: Client, cast: Cast) -> None:
    add_member(cast.team, cast.ci, factories.BY)
    grant(cast.api, cast.ci, Role.ADMIN, factories.BY)
    ended = grant(cast.public, cast.ci, Role.READ, factories.BY)
    ended.expires_at = timezone.now() - timedelta(minutes=1)
    ended.save()
    RobotToken.objects.create(
        robot=cast.ci,
        origin="federated",
        digest="f",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    cast.reader.tokens.all().delete()
    client.force_login(cast.alice)

    response = client.get(page(Robot, "changelist"), {"namespace": "acme"})

    rows = {row.name: row.beside.grants for row in response.context["cl"].result_list}
    assert rows["ci"].repository_count == 2
    assert rows["ci"].repositories == [("api", "admin"), ("web", "write")]
    assert rows["ci"].teams == ["developers"]
    assert list(rows["ci"].authentication) == ["static", "federated"]
    assert list(rows["reader"].authentication) == []
    assert "never" in response.content.decode()


def test_the_detail_of_a_row_names_ten_repositories_and_leads_to_all(
    client: Client, cast: Cast
) -> None:
    for n in range(12):
        grant(
            factories.repository(cast.acme, f"r{n}"), cast.ci, Role.READ, factories.BY
        )
    client.force_login(cast.alice)

    body = client.get(page(Robot, "changelist"), {"namespace": "acme"}).content.decode()

    assert "All 13 repositories" in body
    assert body.count('<span class="qs-badge">read</span>') == 11


FILTERED = {
    "never used": ({"used": "never"}, ["reader"]),
    "used": ({"used": "yes"}, ["ci"]),
    "expiring": ({"expiry": "soon"}, ["ci"]),
    "expired": ({"expiry": "expired"}, ["reader"]),
    "without an end": ({"expiry": "none"}, []),
    "disabled": ({"enabled__exact": "0"}, ["reader"]),
    "an unknown value": ({"used": "\x00", "expiry": "x"}, ["ci", "reader"]),
    "by full name": ({"q": "acme+ci"}, ["ci"]),
    "by description": ({"q": "pulls"}, ["reader"]),
    "sorted by repositories": ({"o": "-4"}, ["ci", "reader"]),
    "sorted by an unknown column": ({"o": "99.-x"}, ["reader", "ci"]),
}


@pytest.mark.parametrize("query, names", FILTERED.values(), ids=FILTERED)
def test_filters_searches_and_orders(
    client: Client, cast: Cast, query: dict[str, str], names: list[str]
) -> None:
    now = timezone.now()
    grant(cast.api, cast.ci, Role.READ, factories.BY)
    Robot.objects.filter(pk=cast.ci.pk).update(
        last_used_at=now, expires_at=now + timedelta(days=29)
    )
    Robot.objects.filter(pk=cast.reader.pk).update(
        enabled=False, expires_at=now - timedelta(days=1), description="pulls"
    )
    client.force_login(cast.alice)

    response = client.get(page(Robot, "changelist"), query)

    assert [row.name for row in response.context["cl"].result_list] == names


@pytest.mark.parametrize(
    "asked, rows", [("20", 20), ("50", 30), ("1", 30), ("\x00", 30), ("9" * 5_000, 30)]
)
def test_the_size_of_a_page_is_kept_in_the_links(
    admin_client: Client, cast: Cast, asked: str, rows: int
) -> None:
    for n in range(28):
        Robot.objects.create(namespace=cast.acme, name=f"r{n:02}")

    response = admin_client.get(page(Robot, "changelist"), {"per_page": asked})

    assert len(response.context["cl"].result_list) == rows
    if asked == "20":
        assert re.search(r'href="\?p(er_page=20&amp;p)?=2', response.content.decode())
        assert "per_page=20" in response.context["cl"].get_query_string({"p": 2})
        found = admin_client.get(
            page(Robot, "changelist"), {"per_page": "20", "q": "acme", "o": "1"}
        )
        kept = '<input type="hidden" name="per_page" value="20">'
        assert kept in found.content.decode()


def test_the_list_costs_as_many_queries_with_60_robots_as_with_3(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.alice)
    url = page(Robot, "changelist") + "?namespace=acme&per_page=100"

    def add(numbers: range) -> None:
        for n in numbers:
            robot, _ = factories.robot(cast.acme, f"r{n}")
            grant(cast.web, robot, Role.READ, factories.BY)
            add_member(cast.team, robot, factories.BY)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    add(range(1))
    cost()
    with_three = cost()
    add(range(1, 58))

    assert cost() == with_three <= 15
