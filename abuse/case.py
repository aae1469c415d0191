"""A case: its number, what it is about, what it needs, and how it is run."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from abuse.asking import Spent
from abuse.origins import NotAllowed
from abuse.target import Need, Target
from abuse.verdict import NotApplicable, Outcome, Verdict

Run = Callable[[Target], Verdict]


@dataclass(frozen=True, slots=True)
class Case:
    """`number` is S-nn of the security list, or H-nn for what every endpoint owes."""

    number: str
    title: str
    needs: tuple[Need, ...]
    run: Run

    def judge(self, target: Target) -> Verdict:
        """The verdict, whatever happens."""
        missing = [need.value for need in self.needs if not target.has(need)]
        if missing:
            return _not_applicable(f"needs {'; '.join(missing)}")
        try:
            return self.run(target)
        except (NotApplicable, Spent, NotAllowed) as error:
            return _not_applicable(str(error))
        except OSError as error:
            return Verdict(Outcome.FAIL, f"the service does not answer: {error}")
        except Exception as error:
            # A mistake of the kit's, or an answer of a form that nobody foresaw:
            # neither proves that the service withstood.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
            return _not_applicable(f"the kit stumbled: {error!r} at {place}")


def from_inside(number: str, title: str, why: str) -> Case:
    """A case that nobody can tell from outside, and why."""

    def run(_: Target) -> Verdict:
        raise NotApplicable(f"cannot be told from outside: {why}")

    return Case(number, title, (), run)


def _not_applicable(reason: str) -> Verdict:
    return Verdict(Outcome.NOT_APPLICABLE, reason)
