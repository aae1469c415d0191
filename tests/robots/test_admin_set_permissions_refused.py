"""What the page to set repository permissions refuses: nothing is stored then."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from quaysite.models import User
from robots import selection
from robots.admin.set_permissions.pages import DAMAGED, GONE, SAVED, UNCHANGED
from robots.batches import SIZE
from robots.lifecycle.permissions import grant
from robots.models import RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import messages_of
from tests.robots.permission_pages import (
    HELD,
    events,
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


def test_too_many_that_match_are_refused(
    alice: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_REPOSITORIES", 2)
    data = {"matching": "1", "role": "read", "do": "review"}
    response = alice.post(url_of(cast.ci), data)
    assert response.context["refusal"] == "At most 2 repositories at a time"


ERRORS = {
    "a past end": ({"until": "2001-01-01T00:00"}, "until", "has passed"),
    "the first year": ({"until": "0001-01-01T00:00"}, "until", "years 2000"),
    "the last year": ({"until": "9999-12-31T23:59"}, "until", "to 9998"),
    "no date": ({"until": "tomorrow"}, "until", "Enter a date"),
    "a long date": ({"until": "x" * 100_000}, "until", "Enter a date"),
    "NUL in a date": ({"until": "\x00"}, "until", "Enter a date"),
    "an end of nothing": (
        {"role": "none", "until": "2040-01-01T00:00"},
        "until",
        "nothing to end",
    ),
    "no role": ({"role": ""}, "role", "Choose the role"),
    "an unknown role": ({"role": "owner"}, "role", "Select a valid choice"),
    "NUL in a role": ({"role": "read\x00"}, "role", "Select a valid choice"),
    "no repository": ({"tick": []}, "role", "Select the repositories"),
    "nothing at all": ({"tick": [], "role": ""}, "role", "Nothing is chosen"),
}


@pytest.mark.parametrize("do", ["review", "save"])
@pytest.mark.parametrize("data, field, text", ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_is_said_beside_its_field(
    alice: Client, cast: Cast, data: dict[str, Any], field: str, text: str, do: str
) -> None:
    good = {"tick": [cast.api.pk], "role": "read"}
    response = alice.post(url_of(cast.ci), {**good, **data, "do": do})
    assert response.status_code == 200
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert text in errors[field][0]
    assert held_by(cast.ci) == HELD
    assert events() == []


BROKEN = {
    "tick": {"tick": ["x"]},
    "huge tick": {"tick": ["9" * 5_000]},
    "negative tick": {"tick": ["-1"]},
    "padded tick": {"tick": ["007"]},
    "other digits": {"tick": ["١"]},
    "kept ticks": {"kept_ticks": "1;2"},
    "kept roles": {"kept_roles": "1=read"},
    "kept twice": {"kept_roles": "1:read,1:write"},
    "kept role": {"kept_roles": "1:owner"},
    "row's key": {"was-zero": "none", "role-zero": "read"},
    "row zero": {"was-0": "none", "role-0": "read"},
    "row padded": {"was-01": "none", "role-01": "read"},
    "row's role": {"was-1": "none", "role-1": "owner"},
    "NUL": {"kept_ticks": "\x00"},
    "long": {"kept_roles": "a" * 100_000},
}


@pytest.mark.parametrize("do", ["review", "save", "search"])
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_form_changes_nothing(
    alice: Client, cast: Cast, data: dict[str, Any], do: str
) -> None:
    response = alice.post(url_of(cast.ci), {"role": "read", **data, "do": do})
    assert response.status_code in {200, 302}
    if do != "search":
        assert response.context["refusal"] == DAMAGED
    assert held_by(cast.ci) == HELD
    assert events() == []


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"q": "a" * 100_000},
        {"q": "%_'\\"},
        {"q": "a " * 255},
        {"show": "x", "per_page": "1000000", "page": "-1"},
        {"page": "9" * 6_000},
        {"page": "x", "per_page": "\x00"},
    ],
)
def test_no_address_breaks_the_list(
    alice: Client, cast: Cast, query: dict[str, str]
) -> None:
    assert alice.get(url_of(cast.ci), query).status_code == 200
    with_choice = {**query, "tick": [cast.web.pk], "do": "search"}
    assert alice.post(url_of(cast.ci), with_choice).status_code == 200


def test_too_many_chosen_one_by_one_are_refused(alice: Client, cast: Cast) -> None:
    ticks = ",".join(map(str, range(1, SIZE + 2)))
    data = {"kept_ticks": ticks, "role": "read", "do": "review"}
    response = alice.post(url_of(cast.ci), data)
    assert f"At most {SIZE}" in response.context["refusal"]


MEANWHILE = {
    "a repository appears": lambda cast: factories.repository(cast.acme, "new"),
    "a repository goes": lambda cast: cast.public.delete(),
    "a permission appears": lambda cast: grant(
        cast.api, cast.ci, Role.ADMIN, factories.BY
    ),
    "a permission goes": lambda cast: cast.ci.repository_permissions.all().delete(),
    "a permission gets an end": lambda cast: grant(
        cast.web, cast.ci, Role.WRITE, factories.BY, END
    ),
}


@pytest.mark.parametrize("happens", MEANWHILE.values(), ids=MEANWHILE)
def test_only_what_was_reviewed_is_saved(
    alice: Client, cast: Cast, happens: Any
) -> None:
    data = {"matching": "1", "role": "read"}
    reviewed = alice.post(url_of(cast.ci), {**data, "do": "review"})
    happens(cast)
    meanwhile = held_by(cast.ci)

    again = save_reviewed(alice, cast.ci, data, reviewed)

    assert "changed meanwhile" in again.context["warning"]
    assert again.context["preview"].seen != reviewed.context["preview"].seen
    assert (held_by(cast.ci), events()) == (meanwhile, [])
    saved = save_reviewed(alice, cast.ci, data, again)
    assert messages_of(saved) == [SAVED]
    here = set(cast.acme.repositories.values_list("name", flat=True))
    assert held_by(cast.ci) == dict.fromkeys(here, (Role.READ, None))


def test_saving_twice_says_that_nothing_is_left_to_do(
    alice: Client, cast: Cast
) -> None:
    data = {"tick": [cast.api.pk], "role": "read"}
    reviewed = alice.post(url_of(cast.ci), {**data, "do": "review"})
    save_reviewed(alice, cast.ci, data, reviewed)
    again = save_reviewed(alice, cast.ci, data, reviewed)
    assert again.context["refusal"] == UNCHANGED
    assert len(events()) == 1


@pytest.mark.parametrize("seen", ["", "x", "0" * 64])
def test_nothing_is_saved_unseen(alice: Client, cast: Cast, seen: str) -> None:
    data = {"tick": [cast.api.pk], "role": "read", "seen": seen, "do": "save"}
    response = alice.post(url_of(cast.ci), data)
    assert response.context["warning"]
    assert (held_by(cast.ci), events()) == (HELD, [])


def test_s_01_repositories_of_others_cannot_be_chosen(
    alice: Client, cast: Cast
) -> None:
    """Not even those of another namespace that the person administers too."""
    other = factories.organization("other")
    mine = factories.organization("mine", owner=cast.alice)
    foreign = [factories.repository(other, "x"), factories.repository(mine, "y")]
    for row in foreign:
        for data in (
            {"tick": [row.pk, cast.api.pk], "role": "read"},
            {"kept_ticks": str(row.pk), "role": "read"},
            {"kept_roles": f"{row.pk}:admin"},
            {f"was-{row.pk}": "none", f"role-{row.pk}": "admin"},
        ):
            for do in ("review", "save"):
                response = alice.post(url_of(cast.ci), {**data, "do": do})
                assert response.context["refusal"] == GONE
                assert row.pk not in response.context["choices"].keys
    assert RepositoryPermission.objects.filter(repository__in=foreign).count() == 0
    assert (held_by(cast.ci), events()) == (HELD, [])


def test_s_01_all_that_match_are_of_the_namespace(alice: Client, cast: Cast) -> None:
    factories.repository(factories.organization("other"), "classified")
    save(alice, cast.ci, {"matching": "1", "role": "admin"})
    assert held_by(cast.ci).keys() == {"api", "public", "web"}
    assert b"classified" not in alice.get(url_of(cast.ci)).content


def test_s_02_who_does_not_administer_the_namespace_gets_nowhere(cast: Cast) -> None:
    data = {"tick": [cast.api.pk], "role": "admin", "do": "review"}
    for user, status in [(cast.bob, 403), (cast.charlie, 404)]:
        client = signed_in(user)
        for grantee in (cast.ci, cast.team):
            assert client.get(url_of(grantee)).status_code == status
            assert client.post(url_of(grantee), data).status_code == status
    assert Client().get(url_of(cast.ci)).status_code == 302
    assert held_by(cast.ci) == HELD


def test_s_02_staff_need_the_permissions_to_grant(cast: Cast) -> None:
    staff = factories.user("staff", is_staff=True)

    def status(*codenames: str) -> int:
        staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = signed_in(User.objects.get(pk=staff.pk))
        return client.get(url_of(cast.ci)).status_code

    grants = [f"{verb}_repositorypermission" for verb in ("add", "change", "delete")]
    assert status("change_robot") == 403
    assert status("change_robot", *grants[:2]) == 403
    assert status(*grants) == 403
    assert status("change_robot", *grants) == 200
