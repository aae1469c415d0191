"""What one fault did to the answers: counts, and how soon all was right again. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.faults.answers import Answer, Verdict

MOST_SECONDS = 5.0
"""How long after the end of a fault answers may still not be right."""


@dataclass(frozen=True)
class Found:
    """The answers around a fault that ended at `ended`, and what is amiss beside them.

    `acknowledged` counts changes that the site has confirmed, and `lost` those of them
    that it knows nothing of. `amiss` has a sentence for all else that should not be.
    """

    answers: Sequence[Answer]
    began: float
    ended: float
    acknowledged: int
    lost: int
    amiss: Sequence[str] = field(default=())

    def count(self, verdict: Verdict) -> int:
        return Counter(answer.verdict for answer in self.answers)[verdict]

    @property
    def longest(self) -> float:
        """Seconds of the longest answer."""
        return max(answer.ended - answer.began for answer in self.answers)

    @property
    def recovery(self) -> float | None:
        """Seconds from the end of the fault until each kind was answered right, and
        then never again not; None if that did not come.
        """
        kinds = sorted({answer.kind for answer in self.answers})
        moments = [_right_again(self.answers, kind, self.ended) for kind in kinds]
        found = [moment for moment in moments if moment is not None]
        return max(found) - self.ended if len(found) == len(moments) else None

    @property
    def wrong(self) -> list[str]:
        """The wrong answers in words, each once."""
        said = {
            f"{answer.kind}: {answer.said}"
            for answer in self.answers
            if answer.verdict is Verdict.WRONG
        }
        return sorted(said)

    @property
    def is_met(self) -> bool:
        """Whether the site stood it as it should."""
        soon = self.recovery is not None and self.recovery <= MOST_SECONDS
        return soon and not (self.count(Verdict.WRONG) or self.lost or self.amiss)


def _right_again(answers: Sequence[Answer], kind: str, ended: float) -> float | None:
    """When the first right answer came after the last one that was not."""
    of = [answer for answer in answers if answer.kind == kind]
    last = max(
        (it.ended for it in of if it.verdict is not Verdict.RIGHT), default=ended
    )
    after = max(last, ended)
    return min(
        (it.ended for it in of if it.verdict is Verdict.RIGHT and it.ended > after),
        default=None,
    )
