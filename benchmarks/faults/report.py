"""What a run found, as a document."""

from collections.abc import Sequence

from benchmarks.faults.answers import Verdict
from benchmarks.faults.faults import Fault
from benchmarks.faults.found import MOST_SECONDS, Found
from benchmarks.faults.run import Row
from benchmarks.report import Table, section

HEADER = (
    "fault",
    "lasts s",
    "requests",
    "WRONG",
    "503 with Retry-After",
    "no answer",
    "refused for the clock",
    "seconds to recover",
    "longest answer s",
    "acknowledged",
    "lost",
    "as it should be",
)


def markdown(rows: Sequence[Row], machine: Table, audit: str, command: str) -> str:
    """The document. `audit` is what `verify_audit` says of the site at the end."""
    found = Table("Faults under load", HEADER, [_row(*row) for row in rows], _note())
    parts = [
        "# Faults",
        f"Written by `{command}`; [README.md](README.md#faults) says how to read it.",
        section(found),
        *_remarks(rows),
        f"`verify_audit` after all of it: {audit}.",
        section(machine),
    ]
    return "\n\n".join(parts) + "\n"


def _note() -> str:
    return (
        "Wanted: no wrong answer, nothing lost that was acknowledged, and right again"
        f" {MOST_SECONDS:g} s after the end of the fault at most."
    )


def _row(fault: Fault, found: Found | str) -> tuple[str, ...]:
    if isinstance(found, str):
        return (fault.title, *[""] * (len(HEADER) - 2), f"not run: {found}")
    recovery = found.recovery
    return (
        fault.title,
        f"{found.ended - found.began:.1f}",
        str(len(found.answers)),
        str(found.count(Verdict.WRONG)),
        str(found.count(Verdict.LATER)),
        str(found.count(Verdict.CUT)),
        str(found.count(Verdict.CLOCK)),
        "never" if recovery is None else f"{recovery:.2f}",
        f"{found.longest:.1f}",
        str(found.acknowledged),
        str(found.lost),
        "yes" if found.is_met else "NO",
    )


def _remarks(rows: Sequence[Row]) -> list[str]:
    """What was wrong, in words."""
    return [
        f"**{fault.title}**: {text}"
        for fault, found in rows
        if not isinstance(found, str)
        for text in [*found.wrong, *found.amiss]
    ]
