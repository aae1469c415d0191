"""What the linter says of a trust. Pure."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a trust: why it is bad, and what to do.

    `code` stays the same when the words change.
    """

    code: str
    level: Level
    reason: str
    cure: str


@dataclass(frozen=True, slots=True)
class Grade:
    """All that was found, the worst first."""

    findings: tuple[Finding, ...] = ()

    @property
    def level(self) -> Level:
        """That of the worst finding."""
        return self.findings[0].level if self.findings else Level.OK

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        findings = [
            {**asdict(finding), "level": finding.level.value}
            for finding in self.findings
        ]
        return {"level": self.level.value, "findings": findings}


def warning(code: str, reason: str, cure: str) -> Finding:
    """Something is open that need not be."""
    return Finding(code, Level.WARNING, reason, cure)


def refusal(code: str, reason: str, cure: str) -> Finding:
    """Strangers are let in."""
    return Finding(code, Level.REFUSED, reason, cure)
