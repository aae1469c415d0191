"""Stop the robots of the site, a namespace or an issuer, or one; let them go on."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from robots.errors import DomainError
from robots.issuer_trusts import robots_trusting
from robots.lifecycle.switches import MAX_ALLOWED, Terms, turn_off, turn_on
from robots.lookup import namespace_named, robot_named
from robots.management.command import Deed, Outcome
from robots.management.moments import end_named
from robots.models import EmergencySwitch, Namespace
from robots.switch_targets import Issuer, Target, issuer_named, named
from robots.switches import concerning, switches_on
from robots.text import printable

_EFFECT = (
    "From the next request on, on every server. A registry token that was issued"
    " before lives on for REGISTRY_TOKEN_LIFETIME seconds at most."
)


class Command(Deed):
    help = """\
Stop every robot of the site, of one namespace, one robot, or all that log in with
tokens of one issuer; or tell which switches are on.

  on      robots log in, pull, push and exchange tokens no more, but for --allow
  off     they go on, with the tokens that they have
  status  which switches are on, since when, why, until when, and who is excepted

It takes effect at the next request, on every server. What is on already gets the new
terms. People and their own tokens are not stopped. The switch of an issuer leaves
alone what robots do with static tokens."""
    examples = (
        "manage.py emergency_switch on --reason 'leaked tokens, ticket 4711'",
        "manage.py emergency_switch on --namespace acme --hours 4"
        " --reason 'forensics' --allow acme+mirror acme+backup",
        "manage.py emergency_switch on --robot acme+ci --reason 'token in a log'",
        "manage.py emergency_switch on --issuer https://issuer.example"
        " --reason 'its signing key leaked' --allow acme+mirror",
        "manage.py emergency_switch off --namespace acme",
        "manage.py emergency_switch status --json",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("deed", choices=("on", "off", "status"), metavar="DEED")
        targets = parser.add_mutually_exclusive_group()
        targets.add_argument(
            "--namespace",
            metavar="NAMESPACE",
            help="The robots of this namespace. Default: of the whole site.",
        )
        targets.add_argument(
            "--robot", metavar="NAMESPACE+NAME", help="This robot alone."
        )
        targets.add_argument(
            "--issuer",
            metavar="URL",
            help="The tokens of this issuer, and those that robots earned with them;"
            " byte for byte as trusts name it.",
        )
        parser.add_argument(
            "--reason", metavar="TEXT", help="Why; shown on every page. With on."
        )
        ends = parser.add_mutually_exclusive_group()
        ends.add_argument(
            "--until",
            metavar="TIME",
            help="When it turns itself off: a date-time with a zone, or a date, which"
            " means midnight UTC at its beginning. Default: never. With on.",
        )
        ends.add_argument(
            "--hours",
            metavar="N",
            type=float,
            help="The same as hours from now; 0.5 is half an hour.",
        )
        parser.add_argument(
            "--allow",
            metavar="ROBOT",
            nargs="+",
            action="extend",
            default=[],
            help="Full names of robots that go on working,"
            f" {MAX_ALLOWED} at most. With on, and not with --robot.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        target = _target(options)
        if options["deed"] == "status":
            return _status(target)
        if options["deed"] == "on":
            return self._on(target, options)
        if _has_terms(options):
            raise DomainError("off: takes no reason, end or exceptions")
        turn_off(target, self.by)
        facts = {"on": False, **{name: options[name] for name in _TARGETS}}
        return Outcome(_printable([f"The switch of {named(target)} is off."]), facts)

    def _on(self, target: Target, options: dict[str, Any]) -> Outcome:
        if options["reason"] is None:
            raise DomainError("--reason: say why the robots are stopped")
        terms = Terms(options["reason"], _end(options), options["allow"])
        switch = turn_on(target, terms, self.by)
        lines, facts = [*_lines(switch), _EFFECT], _facts(switch)
        if isinstance(target, Issuer):
            facts["robots"] = robots_trusting([target.url]).count()
            lines.append(_who_trusts(facts["robots"]))
        return Outcome(_printable(lines), facts)


_TARGETS = ("namespace", "robot", "issuer")


def _target(options: dict[str, Any]) -> Target:
    if options["namespace"] is not None:
        return namespace_named(options["namespace"])
    if options["robot"] is not None:
        return robot_named(options["robot"])
    if options["issuer"] is not None:
        return issuer_named(options["issuer"])
    return None


def _who_trusts(robots: int) -> str:
    if robots:
        return f"Robots that trust it: {robots}."
    return (
        "WARNING: no robot trusts this issuer. If that is a surprise, compare the URL"
        " with the trusts: each character counts, and so does a slash at the end."
    )


def _has_terms(options: dict[str, Any]) -> bool:
    return any(options[term] not in (None, []) for term in _TERMS)


_TERMS = ("reason", "until", "hours", "allow")


def _end(options: dict[str, Any]) -> datetime | None:
    hours = options["hours"]
    if options["until"] is not None:
        return end_named(options["until"])
    if hours is None:
        return None
    try:
        end = timezone.now() + timedelta(hours=hours)
    except (OverflowError, ValueError):
        raise DomainError("--hours: a number of hours, such as 4 or 0.5") from None
    if hours <= 0:
        raise DomainError("--hours: more than 0")
    return end


def _status(target: Target) -> Outcome:
    """Of every switch that is on; of one target, those that stop robots of it."""
    found = switches_on(timezone.now()).filter(concerning(target)).order_by("id")
    switches = list(found.select_related("namespace", "robot__namespace"))
    lines = [line for switch in switches for line in _lines(switch)]
    return Outcome(
        _printable(lines or [f"No switch{_stopping(target)} is on."]),
        {"switches": [_facts(switch) for switch in switches]},
    )


def _stopping(target: Target) -> str:
    match target:
        case None:
            return ""
        case Namespace():
            return f" that stops robots of {target}"
        case Issuer(url):
            return f" that stops tokens of {url}"
    return f" that stops {target}"


def _lines(switch: EmergencySwitch) -> list[str]:
    end = switch.ends_at
    until = f"until {end:%Y-%m-%d %H:%M}Z" if end else "until it is turned off"
    lines = [
        f"The switch of {switch.target_name} is on {until}.",
        f"  Since {switch.turned_on_at:%Y-%m-%d %H:%M}Z by {switch.turned_on_by}:"
        f" {switch.reason}",
    ]
    if names := switch.allowed_names:
        lines.append(f"  Robots that go on: {', '.join(names)}")
    return lines


def _printable(lines: list[str]) -> str:
    return "\n".join(printable(line) for line in lines)


def _facts(switch: EmergencySwitch) -> dict[str, Any]:
    return {
        "on": True,
        "namespace": switch.namespace.name if switch.namespace else None,
        "robot": switch.robot.full_name if switch.robot else None,
        "issuer": switch.issuer,
        "reason": switch.reason,
        "since": switch.turned_on_at.isoformat(),
        "by": switch.turned_on_by,
        "until": switch.ends_at.isoformat() if switch.ends_at else None,
        "allowed": switch.allowed_names,
    }
