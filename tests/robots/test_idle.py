"""Idle robots: those that could log in all the time, and told alike everywhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.models import Trust
from quaysite.lifecycle.person_changes import Changes, change_person
from quaysite.models import User
from robots.lifecycle.idle_robots import disable_idle_robots
from robots.lifecycle.organizations import set_namespace_enabled
from robots.lifecycle.robot_choice import RobotChoice
from robots.lifecycle.robots import change_robot, set_enabled
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.models import AuditEvent, EmergencySwitch, Namespace, Robot
from robots.switch_targets import Issuer
from robots.unused import Period
from robots.unused_rows import robot_rows
from tests import factories
from tests.audit_triggers import backdate
from tests.conftest import Cast

DAYS = 90
OLD = DAYS + 1
BY = factories.BY
TERMS = Terms("leak")

ISSUER = Issuer("https://issuer.example")
BOTH = {"acme+ci": None, "acme+reader": None}


def idle() -> dict[str, str | None]:
    """Why each idle robot is kept, as the report and as the command have it."""
    period = Period.of(DAYS)
    rows = robot_rows(Namespace.objects.all(), period)
    reported = {row.full_name: row.why_kept for row in rows}
    found = disable_idle_robots(RobotChoice(), DAYS, BY, dry_run=True)
    assert all(one.reason is None for one in found.disabled)
    disabled = {
        one.robot.full_name: one.reason for one in (*found.disabled, *found.kept)
    }
    assert disabled == reported
    return reported


@pytest.fixture
def old(cast: Cast) -> Cast:
    factories.age_everything(OLD)
    return cast


def test_robots_that_nobody_used_are_idle(old: Cast) -> None:
    assert idle() == BOTH


def test_a_use_that_only_a_registry_told_of_counts(old: Cast) -> None:
    factories.use(old.web, old.ci, "pull", DAYS - 1)
    assert idle() == {"acme+reader": None}


def expire(cast: Cast) -> None:
    Robot.objects.update(expires_at=timezone.now())


def renew(cast: Cast) -> None:
    for robot in (cast.ci, cast.reader):
        ahead = timezone.now() + timedelta(days=1)
        change_robot(robot, {"expires_at": ahead}, BY)


def disable_namespace(cast: Cast) -> None:
    set_namespace_enabled(cast.acme, False, BY)


def enable_namespace(cast: Cast) -> None:
    set_namespace_enabled(cast.acme, False, BY)
    set_namespace_enabled(cast.acme, True, BY)


def enable(cast: Cast) -> None:
    for robot in (cast.ci, cast.reader):
        set_enabled(robot, False, BY)
        set_enabled(robot, True, BY)


def switch_off_the_sites(cast: Cast) -> None:
    turn_on(None, TERMS, BY)
    turn_off(None, BY)


def switch_off_the_namespaces(cast: Cast) -> None:
    turn_on(cast.acme, TERMS, BY)
    turn_off(cast.acme, BY)


def switch_off_both_robots(cast: Cast) -> None:
    for robot in (cast.ci, cast.reader):
        turn_on(robot, TERMS, BY)
        turn_off(robot, BY)


def let_the_robots_switches_end(cast: Cast) -> None:
    for robot in (cast.ci, cast.reader):
        turn_on(robot, TERMS, BY)
    EmergencySwitch.objects.update(ends_at=timezone.now())


def switch_off_an_issuer(cast: Cast) -> None:
    let_both_trust(cast)
    turn_on(ISSUER, TERMS, BY)
    turn_off(ISSUER, BY)


def let_the_issuers_switch_end(cast: Cast) -> None:
    let_both_trust(cast)
    turn_on(ISSUER, TERMS, BY)
    EmergencySwitch.objects.update(ends_at=timezone.now())


def let_both_trust(cast: Cast) -> None:
    for robot in (cast.ci, cast.reader):
        for subject in ("one", "two"):
            Trust(robot=robot, issuer=ISSUER.url, subject=subject).save()


def let_a_switch_end(cast: Cast) -> None:
    turn_on(cast.acme, TERMS, BY)
    EmergencySwitch.objects.update(ends_at=timezone.now())


@pytest.mark.parametrize(
    "deed",
    [
        expire,
        renew,
        disable_namespace,
        enable_namespace,
        enable,
        switch_off_the_sites,
        switch_off_the_namespaces,
        let_a_switch_end,
        switch_off_both_robots,
        let_the_robots_switches_end,
        switch_off_an_issuer,
        let_the_issuers_switch_end,
    ],
)
def test_who_could_not_log_in_is_not_idle(
    old: Cast, deed: Callable[[Cast], None]
) -> None:
    deed(old)
    assert idle() == {}


@pytest.fixture
def dora(cast: Cast) -> User:
    """A person with an old robot, who was away for all of the days."""
    dora = factories.user("dora")
    Robot.objects.all().delete()
    factories.robot(dora.personal_namespace, "bot")
    factories.age_everything(OLD)
    change_person(dora, Changes(enabled=False), BY)
    age_events()
    return dora


def test_robots_of_a_deactivated_person_are_not_idle(dora: User) -> None:
    assert idle() == {}
    assert disable_idle_robots(RobotChoice(), DAYS, BY).disabled == []
    assert Robot.objects.get().enabled
    assert not AuditEvent.objects.filter(kind="disable_robot").exists()


def test_robots_of_a_person_are_idle_once_it_was_active_for_all_days(
    dora: User,
) -> None:
    change_person(dora, Changes(enabled=True), BY)
    assert idle() == {}
    age_events()
    assert idle() == {"dora+bot": None}
    disable_idle_robots(RobotChoice(), DAYS, BY)
    assert not Robot.objects.get().enabled


def test_another_person_who_was_activated_does_not_help(old: Cast) -> None:
    change_person(old.charlie, Changes(enabled=False), BY)
    change_person(old.charlie, Changes(enabled=True), BY)
    assert idle() == BOTH


@pytest.mark.parametrize("deed", [enable_namespace, switch_off_the_namespaces])
def test_another_namespace_does_not_help(
    old: Cast, deed: Callable[[Cast], None]
) -> None:
    other = factories.organization("other")
    robot, _ = factories.robot(other, "bot")
    Robot.objects.filter(pk=robot.pk).update(
        created_at=timezone.now() - timedelta(days=OLD)
    )
    deed(old)
    assert idle() == {"other+bot": None}


@pytest.mark.parametrize(
    "deed", [enable_namespace, switch_off_the_sites, switch_off_the_namespaces]
)
def test_what_happened_before_the_days_does_not_count(
    cast: Cast, deed: Callable[[Cast], None]
) -> None:
    deed(cast)
    factories.age_everything(OLD)
    age_events()
    assert idle() == BOTH


def age_events() -> None:
    backdate(AuditEvent.objects.all(), timezone.now() - timedelta(days=OLD))


def test_reasons_to_keep_an_idle_robot(old: Cast, settings: Settings) -> None:
    old.web.mirror_robot = old.ci
    old.web.save()
    assert idle() == BOTH | {"acme+ci": "mirrors acme/web"}
    settings.ROBOTS_WHITELIST = ["acme+reader"]
    assert idle()["acme+reader"] == "is in ROBOTS_WHITELIST"
    settings.ROBOTS_WHITELIST = []
    settings.ROBOTS_DISALLOW = True
    assert idle()["acme+reader"] == "is stopped by ROBOTS_DISALLOW"


@pytest.mark.parametrize("whole_site", [True, False])
def test_a_switch_that_is_on_keeps_all_but_its_exceptions(
    old: Cast, whole_site: bool
) -> None:
    terms = Terms("leak", None, ["acme+ci"])
    turn_on(None if whole_site else old.acme, terms, BY)
    assert idle() == BOTH | {"acme+reader": "is stopped by an emergency switch"}


def test_the_switch_of_another_robot_or_issuer_lets_nobody_in(old: Cast) -> None:
    Trust(robot=old.ci, issuer="https://issuer.example/", subject="s").save()
    for target in (old.ci, ISSUER):
        turn_on(target, TERMS, BY)
        turn_off(target, BY)
    assert idle() == {"acme+reader": None}


def test_a_narrower_switch_that_is_on_keeps_whom_it_may_stop(old: Cast) -> None:
    turn_on(old.ci, TERMS, BY)
    assert idle() == BOTH | {"acme+ci": "is stopped by an emergency switch"}
    Trust(robot=old.reader, issuer=ISSUER.url, subject="s").save()
    turn_on(ISSUER, TERMS, BY)
    kept = "trusts an issuer whose emergency switch is on"
    assert idle()["acme+reader"] == kept
