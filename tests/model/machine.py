"""The site and the model side by side; after each deed every answer is compared.

What is done is in `tests.model.moves`, and what is asked over HTTP in `asking`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from django.db import IntegrityError, transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from federation.models import Trust
from robots.decision import Decision
from robots.errors import DomainError
from robots.identity import Ceiling, Identity
from robots.roles import Role, TeamRole
from tests.model import site
from tests.model.deeds import Deeds
from tests.model.rules import MEANS, No, Person, Robot, Who
from tests.model.site import Asking, Place

SPACES = ["acme", "alice", "bob", "globex", "a-b"]
NAMES = ["web", "web/deep"]
PLACES: list[Place] = [(space, name) for space in SPACES for name in NAMES]

CEILINGS: Sequence[tuple[Ceiling | None, str | None]] = [
    (None, "admin"),
    (Ceiling(), None),
    (Ceiling(Role.READ, TeamRole.MEMBER), "read"),
    (Ceiling(Role.WRITE, TeamRole.MEMBER), "write"),
]
"""What an OAuth token lets a person do, and the model's word for it."""

TURNS = 3
"""Steps until everybody's list, and every secret, was looked at."""

REFUSALS = (DomainError, IntegrityError, Trust.DoesNotExist)


class Machine(RuleBasedStateMachine):
    """Both, and what must be true of them after each step."""

    steps = 0
    """Of all machines together: deeds done or refused, and questions asked."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Deeds()
        self.asking = Asking()
        self.secrets: list[tuple[str, str, Robot]] = []
        """Every secret that was given out, its robot's name then, and the robot."""
        self._world = ExitStack()
        self._world.enter_context(transaction.atomic())

    def teardown(self) -> None:
        """The next machine finds an empty database."""
        transaction.set_rollback(True)
        self._world.close()

    def both(self, deed: Callable[[], Any], model: Callable[[], Any]) -> Any:
        """Do it to the two; they agree on whether it can be done.

        Answers what the site does, None where it refuses.
        """
        refused = None
        try:
            model()
        except No as no:
            refused = no
        try:
            with transaction.atomic():
                done = deed()
        except REFUSALS as error:
            assert refused, f"the site refuses what the rules allow: {error!r}"
            return None
        assert refused is None, f"the site does what the rules refuse: {refused!r}"
        return done

    @invariant()
    def same_answers(self) -> None:
        """Decisions for every caller; lists for each in its turn, as they cost more."""
        Machine.steps += 1
        found = site.identities()
        everybody = dict(self.model.everybody())
        assert set(self.model.spaces) == site.spaces()
        assert found.keys() == everybody.keys()
        site.check_references()
        for turn, (name, who) in enumerate(everybody.items(), start=Machine.steps):
            ceilings = CEILINGS if isinstance(who, Person) else CEILINGS[:1]
            for ceiling, cut in ceilings:
                self._compare_decisions(name, found[name], who, ceiling, cut)
            if turn % TURNS == 0:
                ceiling, cut = ceilings[turn // TURNS % len(ceilings)]
                self._compare_list(name, found[name], who, ceiling, cut)

    @invariant()
    def same_secrets(self) -> None:
        """Each in its turn lets in whom the rules say, by the name of now."""
        for turn, (then, secret, robot) in enumerate(self.secrets, start=Machine.steps):
            if turn % TURNS == 0:
                name = self.name_of(robot) or then
                expected = self.model.logs_in(name, secret) is not None
                assert site.lets_in(name, secret) is expected, f"{name}, {secret}"

    def name_of(self, robot: Robot) -> str | None:
        """What a robot is called now; None if it is gone."""
        for name, who in self.model.everybody():
            if who is robot:
                return name
        return None

    def _compare_decisions(
        self, name: str, identity: Identity, who: Who, ceiling: Any, cut: str | None
    ) -> None:
        answers = site.decisions(identity, PLACES, ceiling)
        for place, decision in zip(PLACES, answers, strict=True):
            told = f"{name or 'anybody'} under {cut} on {place}: {decision}"
            creates = self.model.may_create(who, *place) and cut == "admin"
            assert decision.creates is creates, told
            allowed = self.model.allowed(who, *place, cut)
            assert _granted(decision) == (MEANS["admin"] if creates else allowed), told

    def _compare_list(
        self, name: str, identity: Identity, who: Who, ceiling: Any, cut: str | None
    ) -> None:
        listed = {
            place for place in PLACES if "pull" in self.model.allowed(who, *place, cut)
        }
        told = f"what {name or 'anybody'} sees under {cut}"
        assert site.seen(identity, ceiling) == listed, told


def _granted(decision: Decision) -> set[str]:
    return {action.value for action in decision.granted}
