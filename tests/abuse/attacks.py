"""Runs of the kit, and what came of them."""

from collections.abc import Sequence

from abuse.case import Case
from abuse.cases import ALL
from abuse.options import Options
from abuse.report import Report
from abuse.run import attack
from abuse.verdict import Outcome
from tests.abuse.stub.server import Stub

FROM_INSIDE = {"S-17", "S-28", "S-29"}
"""What cannot be told from outside."""

OPTIONS = Options(allow_changes=True, flood=12)


def attacked(
    stub: Stub, cases: Sequence[Case] = ALL, options: Options = OPTIONS
) -> Report:
    return attack(stub.url, stub.needs, options, cases)


def ended(report: Report, outcome: Outcome) -> set[str]:
    """The cases that ended so."""
    return {r.case.number for r in report.results if r.verdict.outcome is outcome}


def told(report: Report, outcome: Outcome) -> list[str]:
    """The same with their reasons, to be read when a test fails."""
    return [
        f"{r.case.number} {r.verdict.reason}"
        for r in report.results
        if r.verdict.outcome is outcome
    ]
