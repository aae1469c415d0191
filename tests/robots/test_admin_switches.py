"""The pages of the emergency switches, and the banner, over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.lifecycle.switches import Terms, turn_on
from robots.models import EmergencySwitch, Namespace
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import ADDRESS, messages_of
from tests.robots.switch_pages import SITE, kinds, own, post, signed_in, staff

GUESSED = "/admin/robots/namespace/999999/switch/"
STOPPED = "robots are stopped"


def form_errors(response: Any) -> dict[str, list[str]]:
    """The errors beside the fields of the form that came back; nothing is on."""
    assert response.status_code == 200
    assert not EmergencySwitch.objects.exists()
    return dict(response.context["form"].errors)


def test_the_sites_switch_is_turned_on_after_a_second_look(
    admin_client: Client, cast: Cast
) -> None:
    asked = post(admin_client, SITE, "on", allowed="acme+ci\r\n acme+ci ")
    assert asked.status_code == 200
    assert not EmergencySwitch.objects.exists()
    assert b"All robot accounts, 2 of every organization and person" in asked.content
    wrong = post(admin_client, SITE, "confirmed", allowed="acme+ci", word="yes")
    assert wrong.context["confirm"].errors == {"word": ["Type the word confirm."]}
    assert post(admin_client, SITE, "back").status_code == 200
    assert not EmergencySwitch.objects.exists()
    done = post(admin_client, SITE, "confirmed", allowed="acme+ci", word=" confirm ")
    assert (done.status_code, done["Location"]) == (302, SITE)
    switch = EmergencySwitch.objects.get()
    assert (switch.site, switch.namespace) == (True, None)
    assert (switch.reason, switch.allowed_names) == ("a token leaked", ["acme+ci"])
    assert switch.turned_on_by == "admin"
    assert kinds() == [("turn_on_emergency_switch", "", ADDRESS)]


def test_terms_are_changed_and_the_switch_is_turned_off(
    admin_client: Client, cast: Cast
) -> None:
    turn_on(None, Terms("first"), factories.BY)
    shown = admin_client.get(SITE)
    assert shown.context["form"].initial["reason"] == "first"
    changed = post(admin_client, SITE, "on", reason="second")
    assert changed.status_code == 302
    assert EmergencySwitch.objects.get().reason == "second"
    off: Any = admin_client.post(SITE, {"act": "off"}, REMOTE_ADDR=ADDRESS, follow=True)
    assert messages_of(off)[-1] == "The emergency switch of the site is off."
    assert not EmergencySwitch.objects.exists()
    again: Any = admin_client.post(SITE, {"act": "off"}, follow=True)
    assert messages_of(again) == ["The switch is off already"]
    assert [kind for kind, *_ in kinds()] == [
        "turn_on_emergency_switch",
        "change_emergency_switch",
        "turn_off_emergency_switch",
    ]
    past = [what for _event, what, _end in again.context["events"]]
    assert past == ["Turned off", "Terms changed", "Turned on"]


def test_an_administrator_turns_the_switch_of_the_own_organization(cast: Cast) -> None:
    client = signed_in(cast.alice)
    done = post(client, own(cast.acme), "on", allowed="acme+ci")
    assert (done.status_code, done["Location"]) == (302, own(cast.acme))
    assert EmergencySwitch.objects.get().namespace == cast.acme
    assert kinds() == [("turn_on_emergency_switch", "acme", ADDRESS)]
    assert post(client, own(cast.acme), "off").status_code == 302
    assert not EmergencySwitch.objects.exists()


def test_a_person_turns_the_switch_of_the_own_namespace(cast: Cast) -> None:
    client = signed_in(cast.bob)
    assert post(client, own(cast.bob.personal_namespace), "on").status_code == 302
    assert EmergencySwitch.objects.get().namespace == cast.bob.personal_namespace


def test_s01_nobody_turns_or_sees_a_switch_that_is_not_theirs(cast: Cast) -> None:
    """Members look at the banner, strangers at nothing; a guessed page is no page."""
    other = factories.organization("other")
    statuses = {
        (user.username, url): (
            signed_in(user).get(url).status_code,
            post(signed_in(user), url, "on").status_code,
            post(signed_in(user), url, "confirmed", word="confirm").status_code,
            post(signed_in(user), url, "off").status_code,
        )
        for user in (cast.alice, cast.bob, cast.charlie)
        for url in (SITE, own(cast.acme), own(other), GUESSED)
        if (user, url) != (cast.alice, own(cast.acme))
    }
    assert statuses.pop(("bob", own(cast.acme))) == (403,) * 4
    assert set(statuses.values()) == {(404,) * 4}
    assert not EmergencySwitch.objects.exists()


def test_staff_look_at_every_switch_and_turn_them_with_the_permission(
    cast: Cast,
) -> None:
    looking = signed_in(staff("looking", "change_namespace"))
    turning = signed_in(staff("turning", "change_emergencyswitch"))
    for url in (SITE, own(cast.acme)):
        shown = looking.get(url)
        assert (shown.status_code, shown.context["may_turn"]) == (200, False)
        assert b"You may look at this switch, not turn it." in shown.content
        assert post(looking, url, "off").status_code == 403
        assert post(looking, url, "confirmed", word="confirm").status_code == 403
        assert not EmergencySwitch.objects.exists()
        assert post(turning, url, "confirmed", word="confirm").status_code == 302
        assert EmergencySwitch.objects.get().turned_on_by == "turning"
        assert post(turning, url, "off").status_code == 302


BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "no reason": ({"reason": " "}, "reason", "required"),
    "a long reason": ({"reason": "x" * 100_000}, "reason", "255"),
    "NUL": ({"reason": "a\x00"}, "reason", "Null"),
    "no date": ({"ends_at": "soon"}, "ends_at", "date and a time"),
    "an end that has passed": ({"ends_at": "2020-01-01T00:00"}, "ends_at", "ahead"),
    "the last minute there is": ({"ends_at": "9999-12-31T23:59"}, "ends_at", "9998"),
    "the first minute there is": ({"ends_at": "0001-01-01T00:00"}, "ends_at", "9998"),
    "no full name": ({"allowed": "ci"}, "allowed", "full name"),
    "another's robot": ({"allowed": "other+ci"}, "allowed", "other+ci"),
    "too many": ({"allowed": "\n".join(f"acme+r{n}" for n in range(201))}, "allowed",
                 "At most 200"),
    "a long list": ({"allowed": "x" * 100_000}, "allowed", "51400"),
    "NUL in a name": ({"allowed": "acme+ci\x00"}, "allowed", "Null"),
}  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_is_said_beside_its_field(
    bad: str, zone: str, cast: Cast
) -> None:
    changed, field, part = BAD[bad]
    client = signed_in(cast.alice)
    client.cookies["timezone"] = zone
    errors = form_errors(post(client, own(cast.acme), "on", **changed))
    assert list(errors) == [field]
    assert part in errors[field][0]


def test_a_form_without_fields_is_refused(cast: Cast) -> None:
    response = signed_in(cast.alice).post(own(cast.acme), {})
    assert list(form_errors(response)) == ["reason"]


def test_what_is_refused_at_the_last_moment_is_said(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The organization has another name since the page was opened."""
    client = signed_in(cast.alice)

    def renamed(self: Any) -> bool:
        Namespace.objects.filter(pk=cast.acme.pk).update(name="new")
        return True

    monkeypatch.setattr("robots.admin.switches.SwitchPage._is_confirmed", renamed)
    errors = form_errors(post(client, own(cast.acme), "on"))
    assert errors == {"__all__": ["There is no namespace acme"]}


def test_the_end_is_in_the_zone_of_the_browser(cast: Cast) -> None:
    client = signed_in(cast.alice)
    client.cookies["timezone"] = "Asia/Tokyo"
    post(client, own(cast.acme), "on", ends_at="2030-01-31T09:00")
    ends_at = EmergencySwitch.objects.get().ends_at
    assert ends_at == datetime.fromisoformat("2030-01-31T00:00+00:00")
    page = client.get(own(cast.acme)).content.decode()
    assert "Times are in Asia/Tokyo" in page
    assert 'value="2030-01-31T09:00"' in page


def test_the_sites_page_lists_organizations_whose_switch_is_on(
    admin_client: Client, cast: Cast
) -> None:
    turn_on(cast.acme, Terms("rotating"), factories.BY)
    page = admin_client.get(SITE).content.decode()
    assert own(cast.acme) in page
    assert "rotating" in page
    EmergencySwitch.objects.update(ends_at=timezone.now())
    assert "rotating" not in admin_client.get(SITE).content.decode()


def test_the_banner_is_on_every_page_while_the_sites_switch_is_on(
    cast: Cast,
) -> None:
    turn_on(None, Terms("a leak", allowed=["other+secret"]), factories.BY)
    for user in (cast.alice, cast.charlie, staff("looking")):
        for url in ("/admin/", reverse("admin:robots_robot_changelist")):
            page = signed_in(user).get(url).content.decode()
            assert STOPPED in page
            assert "a leak" in page
            assert "none but 1 may be created" in page
            assert "other+secret" not in page
            assert (SITE in page) == user.is_staff
    assert STOPPED not in Client().get("/sign-in/").content.decode()
    EmergencySwitch.objects.update(ends_at=timezone.now())
    assert STOPPED not in signed_in(cast.alice).get("/admin/").content.decode()


def test_the_banner_says_that_the_setting_is_on(cast: Cast, settings: Settings) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci", "acme+reader"]
    page = signed_in(cast.charlie).get("/admin/").content.decode()
    assert "ROBOTS_DISALLOW is set" in page
    assert "none but 2 may be created" in page


def test_a_namespaces_switch_is_said_on_its_own_pages_only(cast: Cast) -> None:
    end = timezone.now() + timedelta(days=3)
    turn_on(cast.acme, Terms("rotating", end), factories.BY)
    client = signed_in(cast.bob)
    robots = reverse("admin:robots_robot_changelist")
    there = client.get(robots, {"namespace": "acme"}).content.decode()
    assert "acme&#x27;s robots are stopped" in there
    assert "(until " in there
    assert STOPPED not in client.get("/admin/").content.decode()
    mine = client.get(robots, {"namespace": "bob"}).content.decode()
    assert STOPPED not in mine


def test_a_page_costs_few_queries(admin_client: Client, cast: Cast) -> None:
    turn_on(None, Terms("a leak"), factories.BY)
    turn_on(cast.acme, Terms("a leak"), factories.BY)
    for url in (SITE, own(cast.acme)):
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(url).status_code == 200
        assert len(captured) <= 15
