"""Emergency switches: turning them on and off, and what they stop besides logins."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from quaysite.lifecycle.people import delete_person
from quaysite.lifecycle.person_changes import Changes, change_person
from robots.errors import (
    AlreadyExists,
    DomainError,
    NameInvalid,
    NotFound,
    RobotsDisallowed,
)
from robots.explain import identity_of_robot, login_issues
from robots.lifecycle import switches
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.robots import create_robot
from robots.lifecycle.switches import MAX_ALLOWED, Terms, turn_off, turn_on
from robots.models import AuditEvent, EmergencySwitch, Namespace
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import unchanged

LEAK = Terms("a token leaked")


@pytest.fixture(params=["site", "namespace"])
def target(request: pytest.FixtureRequest, cast: Cast) -> Namespace | None:
    """What a switch is turned for."""
    return cast.acme if request.param == "namespace" else None


def events() -> list[tuple[str, Namespace | None, dict[str, Any]]]:
    """Kind, namespace and facts of what was done with switches."""
    found = AuditEvent.objects.filter(kind__endswith="emergency_switch")
    for event in found:
        assert event.performer_name == BY.name
    return [(e.kind, e.namespace, e.facts) for e in found.order_by("id")]


def in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def test_it_is_turned_on_changed_and_turned_off(target: Namespace | None) -> None:
    end = in_an_hour()
    first = turn_on(target, LEAK, BY)
    assert EmergencySwitch.objects.get() == first
    assert (first.site, first.namespace) == (None if target else True, target)
    assert first.turned_on_by == BY.name
    changed = turn_on(target, Terms("all of them", end, ["acme+ci"]), BY)
    assert (changed.pk, changed.turned_on_at) == (first.pk, first.turned_on_at)
    assert changed.allowed_names == ["acme+ci"]
    turn_off(target, BY)
    assert not EmergencySwitch.objects.exists()
    new = {
        "reason": "all of them",
        "ends_at": end.isoformat(),
        "allowed": ["acme+ci"],
    }
    since = {"turned_on_at": first.turned_on_at.isoformat()}
    assert events() == [
        (
            "turn_on_emergency_switch",
            target,
            {"reason": "a token leaked", "ends_at": None, "allowed": []},
        ),
        ("change_emergency_switch", target, new),
        ("turn_off_emergency_switch", target, since),
    ]


def test_what_has_ended_is_off_and_is_turned_on_anew(target: Namespace | None) -> None:
    turn_on(target, LEAK, BY)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    EmergencySwitch.objects.update(ends_at=long_ago, turned_on_at=long_ago)
    with unchanged(), pytest.raises(NotFound):
        turn_off(target, BY)
    again = turn_on(target, LEAK, BY)
    assert again.turned_on_at > long_ago
    assert [kind for kind, *_ in events()] == ["turn_on_emergency_switch"] * 2


def test_what_is_off_is_not_turned_off(target: Namespace | None) -> None:
    with unchanged(), pytest.raises(NotFound, match="off already"):
        turn_off(target, BY)


BAD_TERMS: dict[str, tuple[type[DomainError], Callable[[], Terms]]] = {
    "no reason": (DomainError, lambda: Terms(" ")),
    "a long reason": (DomainError, lambda: Terms("x" * 256)),
    "NUL": (DomainError, lambda: Terms("a\x00")),
    "half a character": (DomainError, lambda: Terms("\ud800")),
    "an end that has passed": (DomainError, lambda: Terms("x", timezone.now())),
    "an end in the last year there is": (
        DomainError,
        lambda: Terms("x", datetime.max.replace(tzinfo=UTC)),
    ),
    "no robot's name": (NameInvalid, lambda: Terms("x", allowed=["acme"])),
    "NUL in a name": (NameInvalid, lambda: Terms("x", allowed=["acme+ci\x00"])),
    "two names in one": (NameInvalid, lambda: Terms("x", allowed=["acme+ci\nacme+b"])),
    "too many": (
        DomainError,
        lambda: Terms("x", allowed=[f"acme+r{n}" for n in range(MAX_ALLOWED + 1)]),
    ),
}


@pytest.mark.parametrize("bad", BAD_TERMS)
def test_terms_that_cannot_be_change_nothing(
    bad: str, target: Namespace | None
) -> None:
    error, terms = BAD_TERMS[bad]
    with unchanged(), pytest.raises(error):
        turn_on(target, terms(), BY)


def test_a_namespaces_list_names_its_own_robots_only(cast: Cast) -> None:
    """S-02: a robot of another namespace is not to be excepted here."""
    factories.organization("other")
    terms = Terms("x", allowed=["acme+ci", "other+ci"])
    with unchanged(), pytest.raises(NameInvalid, match=r"other\+ci"):
        turn_on(cast.acme, terms, BY)
    assert turn_on(None, terms, BY).allowed_names == ["acme+ci", "other+ci"]


def test_the_longest_list_can_be_stored(cast: Cast) -> None:
    names = [f"acme+r{n}" for n in range(MAX_ALLOWED)]
    turn_on(None, Terms("x", allowed=[*names, names[0]]), BY)
    assert EmergencySwitch.objects.get().allowed_names == names


def test_of_a_namespace_that_is_gone_there_is_no_switch(cast: Cast) -> None:
    stale = Namespace.objects.get(pk=cast.acme.pk)
    delete_organization(cast.acme, BY)
    with unchanged(), pytest.raises(NotFound):
        turn_on(stale, LEAK, BY)


def test_a_namespace_takes_its_switch_with_it(cast: Cast) -> None:
    turn_on(cast.acme, LEAK, BY)
    delete_organization(cast.acme, BY)
    assert not EmergencySwitch.objects.exists()


def test_two_who_turn_it_on_at_once(
    target: Namespace | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one has looked before the first one's row was there."""
    turn_on(target, LEAK, BY)
    nothing = EmergencySwitch.objects.none()
    monkeypatch.setattr(switches, "_of", lambda namespace: nothing)
    with unchanged(), pytest.raises(AlreadyExists, match="look at it again"):
        turn_on(target, LEAK, BY)


def test_no_robot_is_created_but_those_on_every_list(
    cast: Cast, target: Namespace | None
) -> None:
    turn_on(target, Terms("x", allowed=["acme+mirror"]), BY)
    with unchanged(), pytest.raises(RobotsDisallowed) as refusal:
        create_robot(cast.acme, "new", BY)
    assert refusal.value.message == RobotsDisallowed.MESSAGE
    with pytest.raises(RobotsDisallowed):
        create_robot(cast.acme, "no valid name", BY)
    assert create_robot(cast.acme, "mirror", BY).robot.pk
    turn_off(target, BY)
    assert create_robot(cast.acme, "new", BY).robot.pk


def test_other_namespaces_go_on_creating_robots(cast: Cast) -> None:
    other = factories.organization("other")
    turn_on(cast.acme, LEAK, BY)
    assert create_robot(other, "new", BY).robot.pk


def test_who_asks_is_told_which_switch_it_is(
    cast: Cast, target: Namespace | None
) -> None:
    now = timezone.now()
    turn_on(target, Terms("x", allowed=["acme+reader"]), BY)
    where = "acme" if target else "the site"
    reason = f"the emergency switch of {where} is on and does not name the robot"
    assert login_issues(identity_of_robot(cast.ci), now) == [reason]
    assert login_issues(identity_of_robot(cast.reader), now) == []


def test_lists_follow_an_organization_to_its_new_name(cast: Cast) -> None:
    factories.organization("acme2")
    names = ["acme+ci", "acme2+ci", "big-acme+ci"]
    turn_on(None, Terms("x", allowed=names), BY)
    turn_on(cast.acme, Terms("x", allowed=["acme+ci"]), BY)
    rename_organization(cast.acme, "new", BY)
    site, own = EmergencySwitch.objects.order_by("id")
    assert site.allowed_names == ["new+ci", "acme2+ci", "big-acme+ci"]
    assert own.allowed_names == ["new+ci"]


def test_lists_follow_a_person_to_a_new_name(cast: Cast) -> None:
    turn_on(None, Terms("x", allowed=["bob+ci", "acme+ci"]), BY)
    change_person(cast.bob, Changes(username="robert"), BY)
    assert EmergencySwitch.objects.get().allowed_names == ["robert+ci", "acme+ci"]


def test_lists_follow_a_person_who_is_saved(cast: Cast) -> None:
    """Whatever renames a person, the namespace's new name passes one place."""
    turn_on(None, Terms("x", allowed=["bob+ci", "acme+ci"]), BY)
    cast.bob.username = "robert"
    cast.bob.save()
    assert EmergencySwitch.objects.get().allowed_names == ["robert+ci", "acme+ci"]


GONE: dict[str, Callable[[Cast], object]] = {
    "bob": lambda cast: delete_person(cast.bob, BY),
    "charlie": lambda cast: cast.charlie.delete(),
    "acme": lambda cast: delete_organization(cast.acme, BY),
}


@pytest.mark.parametrize("name", GONE)
def test_lists_forget_the_robots_of_a_namespace_that_is_deleted(
    name: str, cast: Cast
) -> None:
    """Whoever takes the name is stopped as everybody else is."""
    others = [f"{name}2+ci", f"big-{name}+ci"]
    turn_on(None, Terms("x", allowed=[f"{name}+ci", *others, f"{name}+old"]), BY)
    turn_on(cast.acme, Terms("y", allowed=["acme+ci"]), BY)
    GONE[name](cast)
    assert EmergencySwitch.objects.get(site=True).allowed_names == others
    event = AuditEvent.objects.get(kind="change_emergency_switch")
    assert (event.performer_kind, event.namespace) == ("system", None)
    assert event.performer_name == "deletion of a namespace"
    assert event.facts == {
        "reason": "x",
        "ends_at": None,
        "allowed": others,
        "removed": [f"{name}+ci", f"{name}+old"],
    }
    factories.organization(name)
    with pytest.raises(RobotsDisallowed):
        create_robot(Namespace.objects.get(name=name), "ci", BY)


def test_a_deletion_that_concerns_no_list_changes_none(cast: Cast) -> None:
    turn_on(None, Terms("x", allowed=["big-bob+ci"]), BY)
    delete_person(cast.bob, BY)
    assert EmergencySwitch.objects.get().allowed_names == ["big-bob+ci"]
    assert [kind for kind, *_ in events()] == ["turn_on_emergency_switch"]
