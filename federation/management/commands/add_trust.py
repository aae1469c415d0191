"""Let an outside identity act as a robot."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import CommandParser

from federation import trust_facts
from federation.conditions import Condition, Operator, parse
from federation.entries import Entry, SubjectMatch
from federation.keys import MAX_SET_BYTES
from federation.lifecycle import add_trusts, plan_trusts
from federation.linter import grade
from federation.management.files import text_of
from federation.models import Trust
from federation.presets import PRESETS, fill
from robots.conf import site_url
from robots.errors import DomainError
from robots.lookup import robot_named
from robots.management.command import Deed, Outcome
from robots.models import Robot
from robots.text import printable

_GLOB = "~"
_SIGNS = ("=", _GLOB)
_OF_ONE_TRUST = (
    "issuer",
    "subject",
    "subject_match",
    "ignore_case",
    "audience",
    "condition",
    "max_age",
    "single_use",
    "expires_at",
)
"""Options that say what a preset says itself."""


class Command(Deed):
    help = f"""\
Let whoever an identity provider says so act as a robot: by a preset of the provider,
filled with key=value, or by issuer and subject. What the linter thinks of the trust
is told; one that it refuses is not stored.

Presets: {", ".join(PRESETS)}. `GET /api/v1/federation/presets` lists what each one
asks for. An audience that is not given is this site's address.

A condition is claim=value, or claim~glob; the same claim given again with = takes
one more value. In globs * stands for any characters but / : @, and ** for those too.
Values are texts."""
    examples = (
        "manage.py add_trust --robot acme+ci --preset kubernetes namespace=ci"
        " service_account=builder",
        "manage.py add_trust --robot acme+ci --issuer https://issuer.example"
        " --subject repo:acme/app --audience https://quay.example",
        "manage.py add_trust --robot acme+ci --issuer https://issuer.example"
        " --subject 'repo:acme/app:ref:refs/tags/*' --subject-match glob"
        " --condition event=push --dry-run",
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add = parser.add_argument
        add("--robot", metavar="NAMESPACE+NAME", required=True)
        add("--preset", metavar="PRESET", help=f"One of {', '.join(PRESETS)}.")
        add("values", metavar="KEY=VALUE", nargs="*", help="What the preset asks for.")
        add("--issuer", metavar="URL", help="What `iss` of its tokens says.")
        add("--subject", help="What `sub` says.")
        matches = [match.value for match in SubjectMatch]
        add("--subject-match", choices=matches, help="How; exact by default.")
        add("--ignore-case", action="store_true", help="Of the subject.")
        add("--audience", nargs="+", action="extend", help="What `aud` may say.")
        add("--condition", nargs="+", action="extend", help="claim=value, claim~glob")
        add("--max-age", type=int, metavar="SECONDS", help="How old a token may be.")
        add("--single-use", action="store_true", help="Each token works once.")
        add("--expires-at", metavar="ISO8601", help="When the trust ends.")
        add("--keys-file", metavar="FILE", help="The issuer's JWK set; - for stdin.")
        add("--name", help="For people, to tell it by.")
        add("--dry-run", action="store_true", help="Tell what would be; store nothing.")

    def perform(self, options: dict[str, Any]) -> Outcome:
        robot = robot_named(options["robot"])
        entries = _preset(options) if options["preset"] else [_entry(options)]
        deed = plan_trusts if options["dry_run"] else add_trusts
        trusts = deed(robot, entries, self.by)
        return Outcome(
            "\n".join(_text(robot, trust) for trust in trusts),
            {
                "robot": robot.full_name,
                "trusts": [_facts(trust) for trust in trusts],
                "dry_run": options["dry_run"],
            },
        )


def _preset(options: dict[str, Any]) -> list[Entry]:
    for name in _OF_ONE_TRUST:
        if options[name]:
            raise DomainError(f"{_option(name)}: not with --preset; use KEY=VALUE")
    values: dict[str, str] = {}
    for pair in options["values"]:
        key, equals, value = pair.partition("=")
        if not (key and equals) or key in values:
            raise DomainError(f"{pair!r}: presets take key=value, each key once")
        values[key] = value
    given = {"name": options["name"], "keys": _keys(options)}
    values |= {key: value for key, value in given.items() if value}
    return fill(options["preset"], values, default_audience=site_url())


def _entry(options: dict[str, Any]) -> Entry:
    if options["values"]:
        raise DomainError(f"{options['values'][0]!r}: key=value is for --preset")
    for name in ("issuer", "subject"):
        if not options[name]:
            raise DomainError(f"{_option(name)}: needed, unless --preset is given")
    return Entry(
        issuer=options["issuer"],
        subject=options["subject"],
        audiences=tuple(options["audience"] or ()),
        name=options["name"] or "",
        subject_match=SubjectMatch(options["subject_match"] or SubjectMatch.EXACT),
        ignore_case=options["ignore_case"],
        conditions=_conditions(options["condition"] or []),
        max_age=options["max_age"],
        single_use=options["single_use"],
        keys=_keys(options),
        expires_at=_end(options["expires_at"]) if options["expires_at"] else None,
    )


def _conditions(texts: list[str]) -> tuple[Condition, ...]:
    """One for each claim and sign; more values of the same one are choices."""
    found: dict[tuple[str, str], list[str]] = {}
    for text in texts:
        claim, sign, value = _parted(text)
        found.setdefault((claim, sign), []).append(value)
    return tuple(
        parse({"claim": claim, "operator": _operator(sign, values), "values": values})
        for (claim, sign), values in found.items()
    )


def _parted(text: str) -> tuple[str, str, str]:
    """Claim, sign and value; whichever sign comes first counts."""
    at = next((place for place, sign in enumerate(text) if sign in _SIGNS), 0)
    if not at:
        raise DomainError(f"--condition: {text!r} is not claim=value or claim~glob")
    return text[:at], text[at], text[at + 1 :]


def _operator(sign: str, values: list[str]) -> str:
    if sign == _GLOB:
        return Operator.GLOB.value
    return (Operator.EQUALS if len(values) == 1 else Operator.ONE_OF).value


def _keys(options: dict[str, Any]) -> str:
    name = options["keys_file"]
    return text_of("--keys-file", name, MAX_SET_BYTES) if name else ""


def _end(text: str) -> datetime:
    """In UTC; a date means midnight at its beginning."""
    try:
        if "T" not in text:
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise DomainError(
            f"--expires-at: {text!r} is not an ISO 8601 date, or date-time with a zone,"
            " such as 2030-06-30 or 2030-06-30T18:00:00+02:00"
        ) from None


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _facts(trust: Trust) -> dict[str, Any]:
    entry = trust.entry
    grades = grade(entry).facts()
    return {"id": trust.pk, **trust_facts.every(entry), "grade": grades}


def _text(robot: Robot, trust: Trust) -> str:
    stored = f"trust {trust.pk}" if trust.pk else "a trust (not stored)"
    lines = [f"{robot.full_name} has {stored}: {trust.subject} of {trust.issuer}"]
    lines += [f"  audience: {audience}" for audience in trust.audiences]
    lines += [f"  condition: {condition}" for condition in trust.entry.conditions]
    for finding in grade(trust.entry).findings:
        lines.append(f"  {finding.level}: {finding.reason}. {finding.cure}.")
    return "\n".join(printable(line) for line in lines)
