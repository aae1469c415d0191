"""The pages of the switches of robots and issuers: who, what, and the notes."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from federation.models import Trust
from robots.lifecycle.switches import Terms, turn_on
from robots.models import AuditEvent, EmergencySwitch, Robot
from robots.switch_targets import Issuer
from tests import factories
from tests.conftest import Cast
from tests.robots.admin_pages import messages_of
from tests.robots.switch_pages import SITE, post, signed_in, staff

URL = "https://issuer.example/a?b=c&d"
ISSUER = f"{SITE}issuer/?issuer={quote(URL, safe='')}"
LEAK = Terms("a leak")
BY = factories.BY


def of(robot: Robot) -> str:
    return reverse("admin:robots_robot_emergency", args=[robot.pk])


def shown(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def kinds() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(kind__endswith="emergency_switch").order_by("id")
    return [(event.kind, event.namespace_name) for event in events]


def test_an_administrator_turns_the_switch_of_a_robot(cast: Cast) -> None:
    client, url = signed_in(cast.alice), of(cast.ci)
    details = reverse("admin:robots_robot_change", args=[cast.ci.pk])
    assert f'href="{url}"' in shown(client, details)
    page = shown(client, url)
    assert "Stop acme+ci</button>" in page
    assert 'name="allowed"' not in page
    done = post(client, url, "on", allowed="acme+ci")
    assert (done.status_code, done["Location"]) == (302, url)
    switch = EmergencySwitch.objects.get()
    assert (switch.robot, switch.allowed) == (cast.ci, "")
    page = shown(client, url)
    assert "Turn off: let it work again" in page
    assert "acme+ci is stopped: none of its tokens works." in page
    off: Any = client.post(url, {"act": "off"}, follow=True)
    assert messages_of(off)[-1] == "The emergency switch of robot acme+ci is off."
    assert not EmergencySwitch.objects.exists()
    past = [what for _event, what, _end in off.context["events"]]
    assert past == ["Turned off", "Turned on"]
    assert kinds() == [
        ("turn_on_emergency_switch", "acme"),
        ("turn_off_emergency_switch", "acme"),
    ]


def test_each_switch_has_its_own_past(admin_client: Client, cast: Cast) -> None:
    namespace = reverse("admin:robots_namespace_switch", args=[cast.acme.pk])
    targets = {SITE: None, namespace: cast.acme, of(cast.ci): cast.ci,
               of(cast.reader): cast.reader, ISSUER: Issuer(URL)}  # fmt: skip
    for url, target in targets.items():
        turn_on(target, Terms(f"for {url}"), BY)
    for url in targets:
        events = admin_client.get(url).context["events"]
        assert [event.facts["reason"] for event, *_ in events] == [f"for {url}"]


def test_a_superuser_finds_and_turns_the_switch_of_an_issuer(
    admin_client: Client, cast: Cast
) -> None:
    found = admin_client.get(SITE, {"target": f" {URL} "})
    assert (found.status_code, found["Location"]) == (302, ISSUER)
    assert "No robot account trusts this issuer." in shown(admin_client, ISSUER)
    Trust(robot=cast.ci, issuer=URL, subject="s").save()
    assert "1 robot account trusts this issuer." in shown(admin_client, ISSUER)
    done = post(admin_client, ISSUER, "on", allowed="acme+ci\nother+ci")
    assert (done.status_code, done["Location"]) == (302, ISSUER)
    switch = EmergencySwitch.objects.get()
    assert switch.issuer == URL
    assert switch.allowed_names == ["acme+ci", "other+ci"]
    assert post(admin_client, ISSUER, "off").status_code == 302
    assert not EmergencySwitch.objects.exists()
    assert [kind for kind, _ in kinds()] == [
        "turn_on_emergency_switch",
        "turn_off_emergency_switch",
    ]


def test_what_is_typed_leads_to_its_switch(admin_client: Client, cast: Cast) -> None:
    namespace = reverse("admin:robots_namespace_switch", args=[cast.acme.pk])
    for text, url in {"acme": namespace, "acme+ci": of(cast.ci)}.items():
        assert admin_client.get(SITE, {"target": text})["Location"] == url
    for text in ("none", "acme+none", "+", "ftp://i", "a\x00", "https://" + "x" * 3000):
        answer: Any = admin_client.get(SITE, {"target": text}, follow=True)
        assert answer.redirect_chain == [(SITE, 302)], text
        assert len(messages_of(answer)) == 1


@pytest.mark.parametrize(
    "query", ["", "?issuer=", "?issuer=acme", "?issuer=https://%00"]
)
def test_what_is_no_issuer_has_no_page(query: str, admin_client: Client) -> None:
    url = f"{SITE}issuer/{query}"
    assert admin_client.get(url).status_code == 404
    assert post(admin_client, url, "on").status_code == 404
    assert not EmergencySwitch.objects.exists()


def test_s01_nobody_turns_or_sees_a_switch_that_is_not_theirs(cast: Cast) -> None:
    other, _ = factories.robot(factories.organization("other"), "ci")
    guessed = "/admin/robots/robot/999999/emergency-switch/"
    statuses = {
        (user.username, url): {
            signed_in(user).get(url).status_code,
            post(signed_in(user), url, "on").status_code,
            post(signed_in(user), url, "off").status_code,
        }
        for user in (cast.alice, cast.bob, cast.charlie)
        for url in (ISSUER, of(cast.ci), of(other), guessed)
        if (user, url) != (cast.alice, of(cast.ci))
    }
    assert statuses.pop(("bob", of(cast.ci))) == {403}
    assert list(statuses.values()) == [{404}] * len(statuses)
    assert not EmergencySwitch.objects.exists()


def test_staff_look_at_every_switch_and_turn_them_with_the_permission(
    cast: Cast,
) -> None:
    looking = signed_in(staff("looking", "change_robot"))
    turning = signed_in(staff("turning", "change_emergencyswitch"))
    for url in (ISSUER, of(cast.ci)):
        assert "You may look at this switch, not turn it." in shown(looking, url)
        assert post(looking, url, "on").status_code == 403
        assert not EmergencySwitch.objects.exists()
        assert post(turning, url, "on").status_code == 302
        assert EmergencySwitch.objects.get().turned_on_by == "turning"
        assert post(turning, url, "off").status_code == 302


def test_the_sites_page_lists_and_searches_all_that_are_on(
    admin_client: Client, cast: Cast
) -> None:
    targets = (cast.acme, cast.bob.personal_namespace, cast.ci, Issuer(URL))
    for target in targets:
        turn_on(target, Terms(f"reason of {target}"), BY)

    def listed(search: str = "") -> list[tuple[str, str]]:
        others = admin_client.get(SITE, {"q": search}).context["others"]
        return [(other.kind, other.name) for other in others]

    acme, bob = ("Organization", "acme"), ("Person", "bob")
    robot, issuer = ("Robot account", "acme+ci"), ("Issuer", URL)
    assert listed() == [acme, bob, robot, issuer]
    assert listed("acme+c") == [robot]
    assert listed("ISSUER") == [issuer]
    assert listed("acm") == [acme, robot]
    assert listed("reason of bob") == [bob]
    for nothing in ("no such", "a\x00", "x" * 600):
        assert listed(nothing) == []


def test_the_notes_are_for_whom_they_concern(cast: Cast) -> None:
    """A robot's on its own pages; an issuer's to administrators whose robots trust it,
    and everywhere to who sees the site: a member does not learn whom robots trust.
    """
    Trust(robot=cast.ci, issuer=URL, subject="s").save()
    for target in (cast.ci, Issuer(URL), Issuer("https://elsewhere.example")):
        turn_on(target, LEAK, BY)
    robots = reverse("admin:robots_robot_changelist")
    pages = {
        "home": "/admin/",
        "acme": f"{robots}?namespace=acme",
        "ci": reverse("admin:robots_robot_change", args=[cast.ci.pk]),
        "reader": reverse("admin:robots_robot_change", args=[cast.reader.pk]),
    }
    notes = {
        "robot": "acme+ci is stopped",
        "issuer": "Tokens of https://issuer.example/a?b=c&amp;d are stopped",
        "other": "Tokens of https://elsewhere.example are stopped",
    }

    def told(client: Client) -> dict[str, set[str]]:
        texts = {name: shown(client, url) for name, url in pages.items()}
        return {
            name: {note for note, part in notes.items() if part in text}
            for name, text in texts.items()
        }

    everywhere = {"issuer", "other"}
    assert told(signed_in(staff("looking"))) == {
        "home": everywhere,
        "acme": everywhere,
        "ci": {"robot", *everywhere},
        "reader": everywhere,
    }
    assert told(signed_in(cast.alice)) == {
        "home": set(),
        "acme": {"issuer"},
        "ci": {"robot", "issuer"},
        "reader": {"issuer"},
    }
    assert told(signed_in(cast.bob)) == {
        "home": set(),
        "acme": set(),
        "ci": {"robot"},
        "reader": set(),
    }


def test_of_many_issuers_a_page_names_a_few(admin_client: Client, cast: Cast) -> None:
    for number in range(9):
        turn_on(Issuer(f"https://i{number}.example"), LEAK, BY)
    turn_on(None, LEAK, BY)
    page = shown(admin_client, "/admin/")
    assert page.index("This site's robots are stopped".replace("'", "&#x27;"))
    assert page.count("are stopped: no robot may use them.") == 3
    assert "Tokens of more issuers are stopped." in page
