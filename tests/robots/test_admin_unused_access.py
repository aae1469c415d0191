"""The page about unused access: the same rows as the API's, for the same people."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from robots.admin import unused_access
from robots.lifecycle.permissions import grant
from robots.models import Namespace, Repository, RepositoryUse, Robot, Team
from robots.roles import Role
from robots.unused import Period
from robots.unused_rows import permission_rows, robot_rows, team_rows
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import page
from tests.robots.admin_people import signed_in, staff
from tests.robots.ledger import unchanged

OLD, RECENT = 91, 89

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)


@pytest.fixture
def world(cast: Cast) -> Cast:
    """acme+ci pulled where it may push; a team has no members."""
    factories.team(cast.acme, "nobody")
    factories.use(cast.web, cast.ci, "pull", RECENT)
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    return cast


def address(namespace: Namespace) -> str:
    return page(Namespace, "unused", namespace.pk)


def shown(client: Client, namespace: Namespace, **query: Any) -> Any:
    with unchanged():
        answer = client.get(address(namespace), query)
    assert answer.status_code == 200
    return answer


def test_the_page_shows_what_all_others_tell(world: Cast) -> None:
    answer = shown(signed_in(world.alice), world.acme)
    here, period = Namespace.objects.filter(name="acme"), answer.context["period"]
    rows = [line.row for line in answer.context["lines"]]
    assert rows == list(permission_rows(here, period))
    assert len(rows) == 4
    robots = [line.row for line in answer.context["robots"]]
    assert robots == list(robot_rows(here, period))
    assert [line.row for line in answer.context["teams"]] == list(
        team_rows(here, period)
    )
    body = answer.content.decode()
    for name in ("acme+ci", "acme+reader", "developers", "nobody"):
        assert name in body
    assert "Kept: no other person or team used a right" in body
    for link in (
        page(Robot, "permissions", world.ci.pk),
        page(Team, "permissions", world.team.pk),
        page(Robot, "change", world.reader.pk),
    ):
        assert f'href="{link}"' in body


def test_days_are_chosen(world: Cast) -> None:
    client = signed_in(world.alice)
    assert shown(client, world.acme, days="180").context["lines"] == []
    assert "Nothing is unused" in shown(client, world.acme, days="180").text
    for nonsense in ("0", "-1", "abc", "1" * 99, "\x00"):
        answer = shown(client, world.acme, days=nonsense, p=nonsense)
        assert answer.context["period"].days == 90


def test_a_short_history_is_told(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert "No use is known yet" in shown(client, cast.acme).text
    factories.use(cast.web, cast.ci, "pull", RECENT)
    assert "which is less than 90 days" in shown(client, cast.acme).text
    assert "which is less than" not in shown(client, cast.acme, days="30").text


def test_a_personal_namespace_has_the_page_too(world: Cast) -> None:
    own = Namespace.objects.get(owner=world.bob)
    robot, _ = factories.robot(own, "bot")
    grant(factories.repository(own, "mine"), robot, Role.READ, factories.BY)
    factories.age_everything(OLD)
    answer = shown(signed_in(world.bob), own)
    assert [line.row.grantee for line in answer.context["lines"]] == ["bob+bot"]
    assert "Teams without" not in answer.text


@pytest.mark.parametrize(("person", "status"), [("bob", 403), ("charlie", 404)])
def test_members_and_strangers_do_not_see_it(
    person: str, status: int, world: Cast
) -> None:
    client = signed_in(getattr(world, person))
    answer = client.get(address(world.acme))
    assert answer.status_code == status
    assert "acme+ci" not in answer.text
    settings = client.get(page(Namespace, "change", world.acme.pk))
    assert address(world.acme) not in settings.text


def test_who_looks_only_gets_no_link_that_leads_nowhere(world: Cast) -> None:
    client = signed_in(staff("looker"))
    answer = shown(client, world.acme)
    assert len(answer.context["lines"]) == 4
    assert page(Robot, "permissions", world.ci.pk) not in answer.text
    settings = client.get(page(Namespace, "change", world.acme.pk))
    assert address(world.acme) in settings.text


def test_the_settings_of_an_organization_lead_to_it(world: Cast) -> None:
    settings = signed_in(world.alice).get(page(Namespace, "change", world.acme.pk))
    assert f'href="{address(world.acme)}"' in settings.text


def test_long_lists_have_pages_and_ends(
    world: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unused_access, "PER_PAGE", 3)
    monkeypatch.setattr(unused_access, "SHOWN", 1)
    factories.team(world.acme, "nobody-else")
    factories.robot(world.acme, "sleeper")
    factories.age_everything(OLD)
    client = signed_in(world.alice)
    first, second = (shown(client, world.acme, p=number) for number in (1, 2))
    lines = [*first.context["lines"], *second.context["lines"]]
    here = Namespace.objects.filter(name="acme")
    assert [line.row for line in lines] == list(permission_rows(here, Period.of(90)))
    assert first.text.count("The first 1 of 2.") == 2


@pytest.mark.parametrize("many", [1, 40])
def test_many_permissions_cost_no_more_queries(
    many: int, world: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        repository = factories.repository(world.acme, f"r{number}")
        for grantee in (world.ci, world.bob, world.team):
            grant(repository, grantee, Role.WRITE, factories.BY)
    factories.age_everything(OLD)
    client = signed_in(world.alice)
    client.get(address(world.acme))
    with django_assert_max_num_queries(18):
        client.get(address(world.acme))


@pytest.mark.parametrize("at", [FIRST, LAST])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_a_use_at_the_end_of_time_is_shown(
    world: Cast, zone: str, at: datetime
) -> None:
    """No registry can tell of one; a row of another hand is no reason to fail."""
    RepositoryUse.objects.update(first_used_at=at, last_used_at=at)
    client = signed_in(world.alice)
    client.cookies["timezone"] = zone
    assert shown(client, world.acme).context["known_since"] is not None
    assert client.get(page(Repository, "permissions", world.web.pk)).status_code == 200
