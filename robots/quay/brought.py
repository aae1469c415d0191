"""What came of one organization of another registry, told and remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from robots.accessfile.reconcile import PlannedChange
from robots.accessfile.shown import plan_facts
from robots.importing.leftovers import Leftover, Leftovers

_COUNTS = ("added", "changed", "kept_secrets", "new_tokens")


@dataclass(frozen=True)
class Brought:
    """One organization. If it was refused as a whole, it is not `done`.

    `people` were found here by their names, and have something in it. `plan` is
    what a dry run would do.
    """

    name: str
    done: bool = False
    added: int = 0
    changed: int = 0
    kept_secrets: int = 0
    new_tokens: int = 0
    people: Sequence[str] = ()
    left_out: Sequence[Leftover] = ()
    plan: Sequence[PlannedChange] = ()

    def facts(self) -> dict[str, Any]:
        """As JSON, without the plan. There is no secret in it."""
        return {
            "organization": self.name,
            "done": self.done,
            **{name: getattr(self, name) for name in _COUNTS},
            "people": list(self.people),
            "left_out": [leftover.facts() for leftover in self.left_out],
        }

    def planned(self) -> dict[str, Any]:
        """As `facts`, with the plan of a dry run."""
        return {**self.facts(), "plan": plan_facts(self.plan, 0)}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From what `facts` gave. Raises KeyError, TypeError or ValueError."""
        counts: dict[str, Any] = {name: int(facts[name]) for name in _COUNTS}
        return cls(
            str(facts["organization"]),
            done=True,
            **counts,
            people=[str(name) for name in facts["people"]],
            left_out=Leftovers.of(facts["left_out"]).all(),
        )
