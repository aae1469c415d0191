"""Tell what a robot's trusts would say to a token, and what it would give."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from federation import diagnosed
from federation.diagnosis import Diagnosis, Verdict, diagnose
from federation.diagnosis import Outcome as Judgement
from federation.management.files import text_of
from robots.credentials import Secret
from robots.lookup import robot_named
from robots.management.command import Deed, Outcome
from robots.models import Robot
from robots.text import printable

DENIED = 3

_MAX_BYTES = 64 * 1024
"""Of the file; longer tokens than the site takes are told of like any other."""

_JUDGEMENTS = {
    Judgement.MATCH: "lets it in",
    Judgement.REFUSED: "refuses it",
    Judgement.DISABLED: "is disabled",
    Judgement.ENDED: "has ended",
}


class Command(Deed):
    help = """\
Tell what each trust of a robot would say to an identity provider's token, the first
claim that fails, and what a robot token earned with it could do.

The token is read from a file or from standard input, never from the command line,
where other users of the machine could see it. It is not shown, no token is made of
it, it is not used up, and nothing is changed. The issuer may be asked for its keys."""
    examples = (
        "manage.py explain_trust --robot acme+ci --token-file token.jwt",
        'printf %s "$TOKEN" | manage.py explain_trust --robot acme+ci --token-file -',
        "manage.py explain_trust --robot acme+ci --token-file token.jwt --json",
    )
    exit_codes = {
        0: "an exchange of the token would work now",
        1: "the database failed, or the settings are wrong",
        2: "no such robot or file, or an argument is wrong",
        DENIED: "an exchange of the token would be refused",
    }

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--robot", metavar="NAMESPACE+NAME", required=True)
        parser.add_argument(
            "--token-file",
            metavar="FILE",
            required=True,
            help="Where the token is; - for standard input.",
        )

    def perform(self, options: dict[str, Any]) -> Outcome:
        robot = robot_named(options["robot"])
        token = Secret(text_of("--token-file", options["token_file"], _MAX_BYTES))
        diagnosis = diagnose(robot, token, timezone.now())
        return Outcome(
            "\n".join(printable(line) for line in _lines(robot, diagnosis)),
            diagnosed.facts(robot, diagnosis),
            exit_code=0 if diagnosis.admitted else DENIED,
        )


def _lines(robot: Robot, diagnosis: Diagnosis) -> Iterator[str]:
    opens = "opens" if diagnosis.admitted else "does not open"
    yield f"The token {opens} {robot.full_name}."
    yield f"Signature: {diagnosis.reason or 'good'}"
    yield "Trusts:" if diagnosis.verdicts else "Trusts: none"
    for verdict in diagnosis.verdicts:
        yield from _trust(verdict, diagnosis)
    if diagnosis.already_used:
        yield f"Used before: {'and works once' if diagnosis.is_used_up else 'yes'}"
    for issue in diagnosis.issues:
        yield f"No login: {issue}"
    yield from _grants(diagnosis)


def _trust(verdict: Verdict, diagnosis: Diagnosis) -> Iterator[str]:
    trust = verdict.trust
    called = f" ({trust.name})" if trust.name else ""
    notes = {diagnosis.matched: ", and counts", diagnosis.nearest: ", the nearest miss"}
    note = notes.get(trust, "")
    yield f"  {trust.pk}{called} {_JUDGEMENTS[verdict.outcome]}{note}"
    yield f"    {trust.subject} of {trust.issuer}"
    if verdict.refused is None:
        return
    yield f"    {verdict.refused.check}: {diagnosed.reason(verdict)}"
    if verdict.refused.expected is not None:
        yield f"    expected: {json.dumps(verdict.refused.expected)}"
        yield f"    actual:   {json.dumps(verdict.refused.actual)}"


def _grants(diagnosis: Diagnosis) -> Iterator[str]:
    if not diagnosis.admitted:
        return
    yield "Grants:" if diagnosis.grants else "Grants: none"
    for grant in diagnosis.grants:
        yield f"  {grant.role.label} on {grant.repository}"
    if more := diagnosis.grants_count - len(diagnosis.grants):
        yield f"  and {more} repositories more"
