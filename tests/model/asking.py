"""What is asked over HTTP, at random: tokens, with what they grant, and exchanges."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.factories import PASSWORD
from tests.model.grants import Grants
from tests.model.machine import NAMES, SPACES
from tests.model.moves import repository_places, robot_places, subjects
from tests.model.rules import No, Robot, Who
from tests.model.site import Place
from tests.registryauth.endpoint import basic

Question = dict[Place, list[str]]

actions = st.lists(
    st.sampled_from(["pull", "push", "*", "delete"]), min_size=1, unique=True
)
questions = st.dictionaries(repository_places, actions, min_size=1, max_size=3)


class Questions(Grants):
    """The site as clients see it."""

    @precondition(lambda self: bool(self.secrets))
    @rule(which=st.integers(0, 999), as_now=st.booleans(), asked=questions)
    def robot_asks(self, which: int, as_now: bool, asked: Question) -> None:
        """With a secret that worked once, under the name of then or that of now."""
        name, secret, whose = self.secrets[-1 - which % len(self.secrets)]
        if as_now:
            name = self.name_of(whose) or name
        robot = self.model.logs_in(name, secret)
        self._ask(basic(name, secret), robot, asked, refused=robot is None)

    @precondition(lambda self: bool(self.secrets))
    @rule(which=st.integers(0, 999), wanted=actions)
    def robot_asks_at_home(self, which: int, wanted: list[str]) -> None:
        """For all that its namespace has, by a secret that may have ended."""
        name, secret, whose = self.secrets[which % len(self.secrets)]
        name = self.name_of(whose) or name
        there = self.model.spaces.get(name.partition("+")[0])
        asked = {(name.partition("+")[0], one): wanted for one in NAMES}
        if there:
            robot = self.model.logs_in(name, secret)
            self._ask(basic(name, secret), robot, asked, refused=robot is None)

    @rule(pick=st.integers(0, 999), subject=subjects)
    def exchange_here(self, pick: int, subject: str) -> None:
        """By a trust that is made for it, if it is not there."""
        robots = [n for n, who in self.model.everybody() if isinstance(who, Robot)]
        if robots:
            space, _, short = robots[pick % len(robots)].partition("+")
            if subject not in self.model.spaces[space].robots[short].trusts:
                self.add_trust((space, short), subject)
            self.exchange((space, short), subject)

    @rule(pick=st.integers(0, 999))
    def flip_trust_here(self, pick: int) -> None:
        """Off or on: what was earned before it was off is gone for good."""
        trusts = [
            ((name, short), subject, is_on)
            for name, space in self.model.spaces.items()
            for short, robot in space.robots.items()
            for subject, is_on in robot.trusts.items()
        ]
        if trusts:
            at, subject, is_on = trusts[pick % len(trusts)]
            self.set_trust(at, subject, not is_on)

    @rule(name=st.sampled_from(SPACES), asked=questions)
    def person_asks(self, name: str, asked: Question) -> None:
        try:
            person = self.model.thing("person", name, "")
        except No:
            person = None
        refused = person is None or not person.active
        self._ask(basic(name, PASSWORD), person, asked, refused=refused)

    @rule(asked=questions)
    def anybody_asks(self, asked: Question) -> None:
        self._ask(None, None, asked, refused=False)

    @rule(at=robot_places, subject=subjects)
    def exchange(self, at: Place, subject: str) -> None:
        name = "+".join(at)
        token = self.asking.exchanged(name, subject)
        robot = self.model.admits(name, subject)
        assert (token is None) is (robot is None), f"{subject} as {name}"
        if token:
            self._keep(at, token, subject)

    def _ask(
        self, login: str | None, who: Who, asked: Question, *, refused: bool
    ) -> None:
        status, access = self.asking.access(login, asked)
        if refused:
            assert status == 401, access
            return
        first = self.model.spaces.get(next(iter(asked))[0])
        if first and not first.usable and who is not None:
            assert status == 405, access
            return
        assert status == 200
        self._create(who, asked)
        assert access == {
            "/".join(at): sorted(self.model.allowed(who, *at).intersection(wanted))
            for at, wanted in asked.items()
        }

    def _create(self, who: Who, asked: Question) -> None:
        """A push makes what is not there yet, where it may."""
        for at, wanted in asked.items():
            if "push" in wanted and self.model.may_create(who, *at):
                self.model.add_repository(*at, False, who)
