"""emergency_switch: robots stop at the next request, and go on; each is told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from federation.models import Trust
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.models import AuditEvent, EmergencySwitch
from tests.conftest import Cast
from tests.robots.ledger import unchanged

Captured = pytest.CaptureFixture[str]

ISSUER = "https://issuer.example"
REASON = "--reason=leaked tokens, ticket 4711"


def run(capsys: Captured, *arguments: str) -> str:
    call_command("emergency_switch", *arguments)
    return capsys.readouterr().out


def answer(capsys: Captured, *arguments: str) -> Any:
    return json.loads(run(capsys, *arguments, "--json"))


def refusal(*arguments: str) -> str:
    with unchanged(), pytest.raises(CommandError) as caught:
        call_command("emergency_switch", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def logs_in(cast: Cast) -> bool:
    try:
        authenticate_robot("acme+ci", cast.ci_secret, timezone.now())
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("where", [(), ("--namespace", "acme")], ids=["site", "acme"])
def test_robots_stop_and_go_on(cast: Cast, capsys: Captured, where: list[str]) -> None:
    target = "acme" if where else "the site"
    printed = run(capsys, "on", *where, REASON)
    assert printed.startswith(f"The switch of {target} is on until it is turned off.\n")
    assert "by manage.py emergency_switch: leaked tokens, ticket 4711\n" in printed
    assert "From the next request on, on every server." in printed
    assert not logs_in(cast)
    assert run(capsys, "off", *where) == f"The switch of {target} is off.\n"
    assert logs_in(cast)
    kinds = ["turn_on_emergency_switch", "turn_off_emergency_switch"]
    events = AuditEvent.objects.filter(kind__in=kinds).order_by("id")
    assert [event.kind for event in events] == kinds
    assert {event.performer_name for event in events} == {"manage.py emergency_switch"}
    assert not EmergencySwitch.objects.exists()


def test_some_go_on_and_it_ends_by_itself(cast: Cast, capsys: Captured) -> None:
    before = timezone.now()
    facts = answer(
        capsys, "on", REASON, "--hours", "0.5", "--allow", "acme+ci", "acme+mirror"
    )
    switch = EmergencySwitch.objects.get()
    assert logs_in(cast)
    assert switch.ends_at is not None
    half = timedelta(minutes=30)
    assert half <= switch.ends_at - before < half + timedelta(minutes=1)
    assert facts == {
        "on": True,
        "namespace": None,
        "robot": None,
        "issuer": None,
        "reason": "leaked tokens, ticket 4711",
        "since": switch.turned_on_at.isoformat(),
        "by": "manage.py emergency_switch",
        "until": switch.ends_at.isoformat(),
        "allowed": ["acme+ci", "acme+mirror"],
    }


def test_what_is_on_gets_new_terms(cast: Cast, capsys: Captured) -> None:
    run(capsys, "on", REASON)
    run(capsys, "on", "--reason", "the same, until 2030", "--until", "2030-06-30")
    switch = EmergencySwitch.objects.get()
    assert switch.reason == "the same, until 2030"
    assert switch.ends_at is not None
    assert switch.ends_at.isoformat() == "2030-06-30T00:00:00+00:00"
    assert AuditEvent.objects.filter(kind="change_emergency_switch").count() == 1


def test_status_tells_what_is_on(cast: Cast, capsys: Captured) -> None:
    assert run(capsys, "status") == "No switch is on.\n"
    nothing = "No switch that stops robots of acme is on.\n"
    assert run(capsys, "status", "--namespace", "acme") == nothing
    run(capsys, "on", "--namespace", "acme", REASON, "--allow", "acme+ci")
    assert "  Robots that go on: acme+ci\n" in run(capsys, "status")
    assert run(capsys, "status", "--namespace", "alice").startswith("No switch that")
    run(capsys, "on", REASON)
    found = answer(capsys, "status", "--namespace", "acme")["switches"]
    assert [one["namespace"] for one in found] == ["acme", None]
    found = answer(capsys, "status", "--namespace", "alice")["switches"]
    assert [one["namespace"] for one in found] == [None]


def test_one_robot_stops_and_goes_on(cast: Cast, capsys: Captured) -> None:
    printed = run(capsys, "on", "--robot", "acme+ci", REASON)
    assert printed.startswith("The switch of robot acme+ci is on until it is turned")
    assert EmergencySwitch.objects.get().robot == cast.ci
    assert not logs_in(cast)
    authenticate_robot("acme+reader", cast.reader_secret, timezone.now())
    facts = answer(capsys, "off", "--robot", "acme+ci")
    assert facts == {"on": False, "namespace": None, "robot": "acme+ci", "issuer": None}
    assert logs_in(cast)


def test_an_issuer_is_stopped_and_who_trusts_it_is_told(
    cast: Cast, capsys: Captured
) -> None:
    stored = Trust(robot=cast.ci, issuer=ISSUER, subject="s")
    stored.save()
    printed = run(capsys, "on", "--issuer", ISSUER, REASON, "--allow", "other+ci")
    assert printed.startswith(f"The switch of issuer {ISSUER} is on until it is turned")
    assert printed.endswith("Robots that trust it: 1.\n")
    assert logs_in(cast)
    stored.delete()
    facts = answer(capsys, "on", "--issuer", ISSUER, REASON)
    assert (facts["issuer"], facts["robots"], facts["allowed"]) == (ISSUER, 0, [])
    typo = run(capsys, "on", "--issuer", f"{ISSUER}/", REASON)
    assert "WARNING: no robot trusts this issuer." in typo
    assert EmergencySwitch.objects.count() == 2
    gone = run(capsys, "off", "--issuer", f"{ISSUER}/")
    assert gone == f"The switch of issuer {ISSUER}/ is off.\n"
    assert EmergencySwitch.objects.get().issuer == ISSUER


def test_status_of_a_target_lists_what_stops_robots_of_it(
    cast: Cast, capsys: Captured
) -> None:
    Trust(robot=cast.ci, issuer=ISSUER, subject="s").save()
    everything = {
        "site": (),
        "acme": ("--namespace", "acme"),
        "acme+ci": ("--robot", "acme+ci"),
        "acme+reader": ("--robot", "acme+reader"),
        ISSUER: ("--issuer", ISSUER),
        "alice": ("--namespace", "alice"),
    }
    for target in everything.values():
        run(capsys, "on", *target, REASON)
    run(capsys, "on", "--issuer", "https://other.example", REASON)

    def listed(*target: str) -> set[str]:
        found = answer(capsys, "status", *target)["switches"]
        names = [one["namespace"] or one["robot"] or one["issuer"] for one in found]
        return {name or "site" for name in names}

    assert listed() == {*everything, "https://other.example"}
    of_acme = {"site", "acme", "acme+ci", "acme+reader", ISSUER}
    assert listed("--namespace", "acme") == of_acme
    assert listed("--robot", "acme+ci") == {"site", "acme", "acme+ci", ISSUER}
    assert listed("--robot", "acme+reader") == {"site", "acme", "acme+reader"}
    assert listed("--issuer", ISSUER) == {"site", ISSUER}
    EmergencySwitch.objects.all().delete()
    nothing = "No switch that stops acme+ci is on.\n"
    assert run(capsys, "status", "--robot", "acme+ci") == nothing
    nothing = f"No switch that stops tokens of {ISSUER} is on.\n"
    assert run(capsys, "status", "--issuer", ISSUER) == nothing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["on", REASON, "--robot", "acme+no"], "acme+no"),
        (["on", REASON, "--robot", "ci"], "ci"),
        (
            ["on", REASON, "--robot", "acme+ci", "--allow", "acme+ci"],
            "A switch of one robot account excepts none: leave them out",
        ),
        (["on", REASON, "--issuer", ""], "An issuer is a URL that begins with"),
        (["on", REASON, "--issuer", "issuer.example"], "An issuer is a URL"),
        (["on", REASON, "--issuer", f"https://{'ü' * 1021}"], "at most 2048 bytes"),
        (["off", "--robot", "acme+ci"], "The switch is off already"),
        (["off", "--issuer", "https://issuer.example"], "The switch is off already"),
        (["on"], "--reason: say why the robots are stopped"),
        (["on", "--reason", " "], "reason: say why the robots are stopped"),
        (["on", "--reason", "x" * 256], "reason: at most 255 characters"),
        (["on", REASON, "--hours", "0"], "--hours: more than 0"),
        (["on", REASON, "--hours", "nan"], "--hours: a number of hours"),
        (["on", REASON, "--hours", "1e300"], "--hours: a number of hours"),
        (["on", REASON, "--hours", "90000"], "The end must lie ahead"),
        (["on", REASON, "--until", "2020-01-01"], "--until: 2020-01-01"),
        (["on", REASON, "--until", "soon"], "--until: 'soon' is not an ISO 8601"),
        (["on", REASON, "--allow", "ci"], "ci is not the full name of a robot"),
        (
            ["on", REASON, "--namespace", "acme", "--allow", "alice+xy"],
            "alice+xy is not a robot account of acme",
        ),
        (["on", REASON, "--namespace", "none"], "none"),
        (["off"], "The switch is off already"),
        (["off", "--namespace", "acme"], "The switch is off already"),
        (["off", REASON], "off: takes no reason, end or exceptions"),
        (["off", "--allow", "acme+ci"], "off: takes no reason, end or exceptions"),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, arguments: list[str], message: str
) -> None:
    assert message in refusal(*arguments)
    assert logs_in(cast)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["toggle"],
        ["on", REASON, "--hours", "1", "--until", "2030-01-01"],
        ["on", REASON, "--robot", "acme+ci", "--namespace", "acme"],
    ],
    ids=["no deed", "unknown deed", "two ends", "two targets"],
)
def test_wrong_arguments_are_refused(cast: Cast, arguments: list[str]) -> None:
    with unchanged(), pytest.raises(CommandError):
        call_command("emergency_switch", *arguments)
