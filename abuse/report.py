"""The results, for people and for programs. Nothing here shows a secret."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abuse.case import Case
from abuse.masking import Secrets
from abuse.verdict import Outcome, Verdict

_WIDTH = 58


@dataclass(frozen=True, slots=True)
class Result:
    """A case and how it ended."""

    case: Case
    verdict: Verdict
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one run against `url`."""

    url: str
    results: Sequence[Result]
    requests: int
    seconds: float
    secrets: Secrets

    def count(self, outcome: Outcome) -> int:
        """How many cases ended so."""
        return sum(result.verdict.outcome is outcome for result in self.results)

    @property
    def summary(self) -> str:
        """The last line."""
        return (
            f"{self.count(Outcome.PASS)} passed, {self.count(Outcome.FAIL)} FAILED,"
            f" {self.count(Outcome.NOT_APPLICABLE)} not applicable;"
            f" {self.requests} requests in {self.seconds:.0f} s"
        )


def table(report: Report, *, evidence: bool = False) -> str:
    """For a terminal."""
    return "\n".join(_lines(report, evidence))


def _lines(report: Report, evidence: bool) -> Iterator[str]:
    for result in report.results:
        case, verdict = result.case, result.verdict
        begin = f"{case.number:6} {case.title:38} {verdict.outcome.value:15} "
        said = textwrap.wrap(report.secrets.mask(verdict.reason), _WIDTH) or [""]
        yield (begin + said[0]).rstrip()
        yield from (" " * len(begin) + line for line in said[1:])
        if evidence or verdict.outcome is Outcome.FAIL:
            for line in verdict.evidence:
                yield f"         - {report.secrets.mask(line)}"
    yield ""
    yield report.summary


def markdown(report: Report) -> str:
    """For a page."""
    rows = [
        f"| {r.case.number} | {r.case.title} | {r.verdict.outcome.value} |"
        f" {_cell(report.secrets.mask(r.verdict.reason))} |"
        for r in report.results
    ]
    head = ["| case | what | result | why |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", report.summary, ""])


def as_json(report: Report) -> str:
    """For programs."""
    said = {
        "url": report.url,
        "passed": report.count(Outcome.PASS),
        "failed": report.count(Outcome.FAIL),
        "not_applicable": report.count(Outcome.NOT_APPLICABLE),
        "requests": report.requests,
        "seconds": round(report.seconds, 1),
        "cases": [
            {
                "case": result.case.number,
                "title": result.case.title,
                "result": result.verdict.outcome.value,
                "seconds": round(result.seconds, 2),
                "reason": result.verdict.reason,
                "evidence": list(result.verdict.evidence),
            }
            for result in report.results
        ],
    }
    return report.secrets.mask(json.dumps(said, indent=2)) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
