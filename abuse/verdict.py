"""What a case found out, and how it comes to say so."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """As it is printed; what went wrong is to be seen from afar."""

    PASS = "pass"  # noqa: S105 - a word, no password
    FAIL = "FAIL"
    NOT_APPLICABLE = "not applicable"


class NotApplicable(Exception):
    """A case cannot tell; the text says why. It never counts as passed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ended; `reason` in one line, `evidence` a line each."""

    outcome: Outcome
    reason: str
    evidence: tuple[str, ...] = ()


class Findings:
    """Collects what was looked at in one case: it fails if anything did not hold."""

    def __init__(self) -> None:
        self._held = 0
        self._wrong: list[str] = []
        self._notes: list[str] = []

    def check(self, held: bool, wrong: str) -> bool:
        """Count one look; `wrong` says what it means if it does not hold."""
        if held:
            self._held += 1
        else:
            self._wrong.append(wrong)
        return held

    def note(self, text: str) -> None:
        """What whoever reads the verdict may want to know, and no failure."""
        self._notes.append(text)

    def verdict(self, good: str) -> Verdict:
        """FAIL with the first thing that is wrong, or pass with `good`.

        Raises NotApplicable if nothing was looked at.
        """
        if self._wrong:
            rest = len(self._wrong) - 1
            more = f" (and {rest} more)" if rest else ""
            evidence = (*self._wrong, *self._notes)
            return Verdict(Outcome.FAIL, self._wrong[0] + more, evidence)
        if not self._held:
            raise NotApplicable("nothing could be looked at")
        return Verdict(
            Outcome.PASS, f"{good} ({self._held} checks)", tuple(self._notes)
        )
