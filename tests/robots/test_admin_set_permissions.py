"""Set repository permissions: the list, the review, and one save of what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from robots.admin.set_permissions.pages import SAVED
from robots.lifecycle.permissions import grant
from robots.models import AuditEvent
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import messages_of
from tests.robots.permission_pages import (
    HELD,
    events,
    fill,
    groups,
    held_by,
    save,
    save_reviewed,
    signed_in,
    url_of,
)

END = datetime(2040, 1, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def alice(cast: Cast) -> Client:
    return signed_in(cast.alice)


def test_ticked_repositories_and_rows_are_reviewed_and_saved_at_once(
    alice: Client, cast: Cast
) -> None:
    data = {
        "tick": [cast.api.pk],
        "role": "read",
        f"was-{cast.web.pk}": "write",
        f"role-{cast.web.pk}": "none",
        f"was-{cast.public.pk}": "none",
        f"role-{cast.public.pk}": "admin",
        f"was-{cast.api.pk}": "none",
        f"role-{cast.api.pk}": "none",
    }

    reviewed = alice.post(url_of(cast.ci), {**data, "do": "review"})
    before = held_by(cast.ci), events()
    saved = save_reviewed(alice, cast.ci, data, reviewed)

    assert groups(reviewed) == {
        "Added": [("api", "None", "Read"), ("public", "None", "Admin")],
        "Removed": [("web", "Write", "None")],
    }
    assert before == (HELD, [])
    assert saved.redirect_chain == [(url_of(cast.ci), 302)]
    assert messages_of(saved) == [SAVED]
    assert held_by(cast.ci) == {"api": (Role.READ, None), "public": (Role.ADMIN, None)}
    assert [(facts["role"], facts["counts"]) for facts in events()] == [
        ("read", {"added": 1, "changed": 0, "removed": 0}),
        ("none", {"added": 0, "changed": 0, "removed": 1}),
        ("admin", {"added": 1, "changed": 0, "removed": 0}),
    ]
    event = AuditEvent.objects.filter(kind="change_repo_permissions").first()
    assert event is not None and event.performer_name == "alice"


def test_a_role_of_a_row_counts_more_than_that_of_the_selection(
    alice: Client, cast: Cast
) -> None:
    data = {
        "matching": "1",
        "role": "read",
        f"was-{cast.api.pk}": "none",
        f"role-{cast.api.pk}": "admin",
    }
    save(alice, cast.ci, data)
    roles = {name: role for name, (role, _) in held_by(cast.ci).items()}
    assert roles == {"api": Role.ADMIN, "public": Role.READ, "web": Role.READ}


def test_all_that_match_are_set_over_every_page(alice: Client, cast: Cast) -> None:
    fill(cast.acme, 120)
    data = {"q": "image-000", "matching": "1", "role": "write", "at": "2"}

    reviewed = alice.post(url_of(cast.ci), {**data, "do": "review"})
    saved = save_reviewed(alice, cast.ci, data, reviewed)

    (group,) = reviewed.context["preview"].groups
    assert (group.title, group.count, group.more) == ("Added", 100, 0)
    assert saved.redirect_chain == [(f"{url_of(cast.ci)}?q=image-000&page=2", 302)]
    assert len(held_by(cast.ci)) == 101
    assert events()[0]["counts"]["added"] == 100


def test_what_is_ticked_elsewhere_is_set_along_with_all_that_match(
    alice: Client, cast: Cast
) -> None:
    data = {
        "q": "pub",
        "matching": "1",
        "role": "read",
        "kept_ticks": str(cast.api.pk),
    }
    save(alice, cast.ci, data)
    assert held_by(cast.ci).keys() == {"web", "api", "public"}


def test_what_matched_before_the_save_is_what_is_set(alice: Client, cast: Cast) -> None:
    """Rows that leave the list while it is saved do not change what is done."""
    data = {
        "show": "without",
        "matching": "1",
        "role": "read",
        f"was-{cast.public.pk}": "none",
        f"role-{cast.public.pk}": "write",
    }
    save(alice, cast.ci, data)
    assert {name: role for name, (role, _) in held_by(cast.ci).items()} == {
        "web": Role.WRITE,
        "api": Role.READ,
        "public": Role.WRITE,
    }


def test_choices_outlive_paging_and_searching(alice: Client, cast: Cast) -> None:
    fill(cast.acme, 60)
    data = {
        "tick": [cast.api.pk],
        "role": "read",
        f"was-{cast.api.pk}": "none",
        f"role-{cast.api.pk}": "admin",
    }

    second = alice.post(url_of(cast.ci), {**data, "page": "2"})
    kept = second.context["kept"]
    carried = {"kept_ticks": kept.kept_ticks, "kept_roles": kept.kept_roles}
    back = alice.post(url_of(cast.ci), {**carried, "q": "api", "do": "search"})

    assert second.context["page"].number == 2
    assert carried == {
        "kept_ticks": f"{cast.api.pk}",
        "kept_roles": f"{cast.api.pk}:admin",
    }
    assert second.context["form"]["role"].value() == "read"
    (row,) = back.context["rows"]
    assert (row["ticked"], row["role"], row["was"]) == (True, "admin", "none")
    assert not back.context["kept"]


def test_what_is_unticked_again_is_not_kept(alice: Client, cast: Cast) -> None:
    data = {
        "kept_ticks": f"{cast.api.pk},{cast.web.pk}",
        "kept_roles": f"{cast.api.pk}:admin",
        f"was-{cast.api.pk}": "none",
        f"role-{cast.api.pk}": "none",
        "page": "1",
    }
    choices = alice.post(url_of(cast.ci), data).context["choices"]
    assert choices.ticked == {cast.web.pk}
    assert choices.roles == {}


@pytest.mark.parametrize("do", ["clear", "all", "search", "edit", "nonsense"])
def test_without_choices_one_is_led_to_an_address(
    alice: Client, cast: Cast, do: str
) -> None:
    data = {"q": "a", "show": "with", "per_page": "100", "do": do}
    response = alice.post(url_of(cast.ci), data)
    assert response.status_code == 302
    shown = "per_page=100" if do == "all" else "q=a&show=with&per_page=100"
    assert response["Location"] == f"{url_of(cast.ci)}?{shown}"


def test_grants_with_an_end(alice: Client, cast: Cast) -> None:
    alice.cookies["timezone"] = "Europe/Oslo"
    data = {"tick": [cast.api.pk], "role": "read", "until": "2040-01-01T13:30"}
    save(alice, cast.ci, data)
    assert held_by(cast.ci)["api"] == (Role.READ, END)
    assert events()[0]["until"] == END.isoformat()
    shown = alice.get(url_of(cast.ci)).content.decode()
    assert "until 1 Jan 2040 13:30" in shown
    # The same role without an end is a change.
    del data["until"]
    save(alice, cast.ci, data)
    assert held_by(cast.ci)["api"] == (Role.READ, None)


def test_an_ended_permission_is_shown_as_such_and_given_again(
    alice: Client, cast: Cast
) -> None:
    over = timezone.now() - timedelta(days=1)
    grant(cast.api, cast.ci, Role.READ, factories.BY, over)

    def listed(show: str) -> list[str]:
        rows = alice.get(url_of(cast.ci), {"show": show}).context["rows"]
        return [row["current"].name for row in rows]

    assert listed("with") == ["web"]
    assert listed("without") == ["api", "public"]
    assert listed("ended") == ["api"]
    data = {f"was-{cast.api.pk}": "none", f"role-{cast.api.pk}": "read"}
    save(alice, cast.ci, data)
    assert held_by(cast.ci)["api"] == (Role.READ, None)


def test_a_search_finds_words_in_any_order_and_full_names(
    alice: Client, cast: Cast
) -> None:
    factories.repository(cast.acme, "tools/web.builder")

    def found(text: str) -> list[str]:
        rows = alice.get(url_of(cast.ci), {"q": text}).context["rows"]
        return [row["current"].name for row in rows]

    assert found("BUILD tools") == ["tools/web.builder"]
    assert found("acme/web") == ["tools/web.builder", "web"]
    assert found("%") == []


def test_a_team_gets_its_permissions_in_the_same_way(alice: Client, cast: Cast) -> None:
    assert b"belongs to this team" in alice.get(url_of(cast.team)).content
    save(alice, cast.team, {"matching": "1", "role": "admin"})
    assert held_by(cast.team) == dict.fromkeys(
        ("api", "public", "web"), (Role.ADMIN, None)
    )
    assert events()[0]["team"] == "developers"


def test_an_empty_namespace_says_what_to_do_first(alice: Client, cast: Cast) -> None:
    empty = factories.organization("empty", owner=cast.alice)
    robot, _ = factories.robot(empty, "idle")
    shown = alice.get(url_of(robot)).content.decode()
    assert "has no repositories yet" in shown
    assert f"/admin/robots/repository/add/?namespace={empty.pk}" in shown


def test_ten_thousand_repositories_cost_few_queries(alice: Client, cast: Cast) -> None:
    fill(cast.acme, 10_000)
    with CaptureQueriesContext(connection) as listing:
        alice.get(url_of(cast.ci), {"q": "image", "show": "without"})
    with CaptureQueriesContext(connection) as saving:
        save(alice, cast.ci, {"matching": "1", "role": "read"})
    assert len(listing) <= 15
    # A review, a save and the list again; rows are written 5,000 at a time.
    assert len(saving) <= 65
    assert cast.ci.repository_permissions.filter(role=Role.READ).count() == 10_003
