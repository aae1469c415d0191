"""Emergency switches of one robot and of an issuer: turned, audited, explained."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from federation.models import Trust
from robots.audit_sentences import Told, sentence
from robots.errors import DomainError, NotFound
from robots.explain import explain, identity_of_robot, login_issues
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.robots import create_robot, delete_robot
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.models import AuditEvent, EmergencySwitch, Robot
from robots.models.switches import MAX_ISSUER
from robots.names import RepositoryName
from robots.switch_targets import Issuer, Target, issuer_named, target_of
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import unchanged

ISSUER = Issuer("https://issuer.example")
LEAK = Terms("a token leaked")


@pytest.fixture(params=["robot", "issuer"])
def target(request: pytest.FixtureRequest, cast: Cast) -> Robot | Issuer:
    return cast.ci if request.param == "robot" else ISSUER


def events() -> list[tuple[str, str, dict[str, Any]]]:
    """Kind, namespace and facts of what was done with switches."""
    found = AuditEvent.objects.filter(kind__endswith="emergency_switch")
    return [(e.kind, e.namespace_name, e.facts) for e in found.order_by("id")]


def told() -> list[str]:
    """The same as sentences."""
    found = AuditEvent.objects.filter(kind__endswith="emergency_switch")
    return [
        sentence(Told(e.kind, "user", "alice", e.namespace_name, "", e.facts))
        for e in found.order_by("id")
    ]


def test_it_is_turned_on_changed_and_turned_off(target: Robot | Issuer) -> None:
    first = turn_on(target, LEAK, BY)
    assert EmergencySwitch.objects.get() == first
    assert target_of(first) == target
    changed = turn_on(target, Terms("all of them"), BY)
    assert (changed.pk, changed.reason) == (first.pk, "all of them")
    turn_off(target, BY)
    assert not EmergencySwitch.objects.exists()
    about = {"robot": "ci"} if target != ISSUER else {"issuer": ISSUER.url}
    terms: dict[str, Any] = {**about, "ends_at": None, "allowed": []}
    place = "" if target == ISSUER else "acme"
    since = {**about, "turned_on_at": first.turned_on_at.isoformat()}
    assert events() == [
        ("turn_on_emergency_switch", place, {**terms, "reason": LEAK.reason}),
        ("change_emergency_switch", place, {**terms, "reason": "all of them"}),
        ("turn_off_emergency_switch", place, since),
    ]
    words = "the robot acme+ci"
    if target == ISSUER:
        words = f"all robots that log in with tokens of {ISSUER.url}"
    assert told() == [
        f"alice stopped {words}: a token leaked",
        f"alice changed the terms of stopping {words}: all of them",
        f"alice let {words} go on",
    ]


def test_what_has_ended_is_off_and_is_turned_on_anew(target: Robot | Issuer) -> None:
    turn_on(target, LEAK, BY)
    EmergencySwitch.objects.update(ends_at=datetime(2020, 1, 1, tzinfo=UTC))
    with unchanged(), pytest.raises(NotFound, match="off already"):
        turn_off(target, BY)
    turn_on(target, LEAK, BY)
    assert EmergencySwitch.objects.count() == 1
    assert [kind for kind, *_ in events()] == ["turn_on_emergency_switch"] * 2


def test_a_robots_switch_excepts_nobody(cast: Cast) -> None:
    with unchanged(), pytest.raises(DomainError, match="excepts none"):
        turn_on(cast.ci, Terms("a token leaked", allowed=["acme+ci"]), BY)
    assert not EmergencySwitch.objects.exists()


def test_a_robot_that_is_gone_is_not_stopped(cast: Cast) -> None:
    delete_robot(Robot.objects.get(pk=cast.ci.pk), BY)
    with unchanged(), pytest.raises(NotFound):
        turn_on(cast.ci, LEAK, BY)


def test_the_switch_of_a_robot_follows_it_and_goes_with_it(cast: Cast) -> None:
    turn_on(cast.ci, LEAK, BY)
    renamed = rename_organization(cast.acme, "apex", BY)
    switch = EmergencySwitch.objects.get()
    assert str(switch) == "emergency switch of robot apex+ci"
    identity = identity_of_robot(Robot.objects.get(pk=cast.ci.pk))
    assert login_issues(identity, timezone.now()) == [f"the {switch} is on"]
    delete_robot(Robot.objects.get(pk=cast.ci.pk), BY)
    assert not EmergencySwitch.objects.exists()
    anew = create_robot(renamed, "ci", BY).robot
    assert login_issues(identity_of_robot(anew), timezone.now()) == []


def test_it_goes_with_the_organization(cast: Cast) -> None:
    turn_on(cast.ci, LEAK, BY)
    turn_on(ISSUER, Terms("x", allowed=["acme+ci", "other+ci"]), BY)
    delete_organization(cast.acme, BY)
    left = EmergencySwitch.objects.get()
    assert (left.issuer, left.allowed_names) == (ISSUER.url, ["other+ci"])
    event = AuditEvent.objects.get(kind="change_emergency_switch")
    assert event.facts["issuer"] == ISSUER.url
    assert event.facts["removed"] == ["acme+ci"]


def test_the_list_of_an_issuer_follows_a_namespace_to_its_new_name(cast: Cast) -> None:
    turn_on(ISSUER, Terms("x", allowed=["acme+ci", "other+ci"]), BY)
    rename_organization(cast.acme, "apex", BY)
    assert EmergencySwitch.objects.get().allowed_names == ["apex+ci", "other+ci"]


GOOD = ["https://issuer.example", "http://127.0.0.1:1/", "https://i/a?b c", "https://ü"]


@pytest.mark.parametrize("url", [*GOOD, "https://" + "x" * (MAX_ISSUER - 8)])
@pytest.mark.django_db
def test_an_issuer_is_kept_as_it_is_written(url: str) -> None:
    turn_on(issuer_named(url), LEAK, BY)
    assert EmergencySwitch.objects.get().issuer == url


BAD = ["", "issuer.example", "HTTPS://i", " https://i", "https://\x00", "https://\ud800",
       "https://" + "x" * (MAX_ISSUER - 7), "https://" + "ü" * 1021]  # fmt: skip


@pytest.mark.parametrize("url", BAD)
def test_what_no_trust_could_name_is_no_issuer(url: str) -> None:
    with pytest.raises(DomainError):
        issuer_named(url)


def test_the_longest_issuer_that_any_database_can_index_is_kept(cast: Cast) -> None:
    """Of characters that do not compress, since PostgreSQL would compress others."""
    letters = [chr(0x4E00 + (n * 7919) % 20_000) for n in range(680)]
    url = "https://" + "".join(letters)
    assert len(url.encode()) == MAX_ISSUER
    turn_on(issuer_named(url), LEAK, BY)
    assert EmergencySwitch.objects.get().issuer == url


def test_an_issuer_stops_no_robot_as_such_and_is_told_of_who_trusts_it(
    cast: Cast,
) -> None:
    """A robot may have other ways to log in, so that nothing is taken from it."""
    Trust(robot=cast.ci, issuer=ISSUER.url, subject="s").save()
    Trust(robot=cast.reader, issuer=f"{ISSUER.url}/", subject="s").save()
    turn_on(ISSUER, LEAK, BY)
    assert _cuts(cast.reader) == []
    assert _cuts(cast.ci) == [
        f"the emergency switch of issuer {ISSUER.url} is on: no token of it, and none"
        " that one earned, lets the robot in"
    ]
    assert login_issues(identity_of_robot(cast.ci), timezone.now()) == []
    turn_on(ISSUER, Terms("x", allowed=["acme+ci"]), BY)
    assert _cuts(cast.ci) == []


def _cuts(robot: Robot) -> list[str]:
    web = RepositoryName("acme", "web")
    found = explain(identity_of_robot(robot), web, timezone.now())
    assert all(cut.stops == frozenset() and not cut.at_login for cut in found.cuts)
    return [str(cut.reason) for cut in found.cuts]


def test_a_robot_can_be_made_while_others_are_stopped(cast: Cast) -> None:
    targets: list[Target] = [cast.ci, ISSUER, factories.organization("other")]
    for one in targets:
        turn_on(one, LEAK, BY)
    assert create_robot(cast.acme, "new", BY).robot.full_name == "acme+new"
