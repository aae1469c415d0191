"""What is done, at random. Each names things that may or may not be there.

Repositories, and what they grant, are in `grants`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from federation.entries import Entry
from federation.lifecycle import add_trust, remove_trust, set_trust_enabled
from quaysite.models import User
from robots.lifecycle import (
    organizations,
    renames,
    switches,
    teams,
)
from robots.lifecycle import robots as robot_deeds
from robots.lifecycle import tokens as token_deeds
from robots.lookup import namespace_named, robot_named
from robots.roles import Role, TeamRole
from tests.factories import BY, PASSWORD
from tests.model import site
from tests.model.machine import NAMES, SPACES, Machine
from tests.model.rules import Person
from tests.model.site import SIGNER, Place

spaces = st.sampled_from([*SPACES, *SPACES[:1] * 4])
"""Mostly one, so that what is done meets what was done before."""

repository_places = st.tuples(spaces, st.sampled_from(NAMES))
robot_places = st.tuples(spaces, st.sampled_from(["ci", "bot"]))
team_places = st.tuples(spaces, st.sampled_from(["owners", "devs"]))
subjects = st.sampled_from(["job-1", "job-2"])
roles = st.sampled_from(["read", "write", "admin"])
team_roles = st.sampled_from(["member", "creator", "admin"])

Whom = tuple[str, str, str]
"""Kind, namespace and name; a person is named by the namespace alone."""

robot_names = robot_places.map(lambda at: ("robot", *at))
people = spaces.map(lambda name: ("person", name, ""))
members = robot_names | people
grantees = members | team_places.map(lambda at: ("team", *at))
switched = (
    st.sampled_from([("site", "", "")])
    | robot_names
    | spaces.map(lambda name: ("space", name, ""))
)

DAY = timedelta(days=1)


class Moves(Machine):
    """What is done to namespaces, people, robots and teams."""

    def named(self, whom: Whom) -> Any:
        return self.model.thing(*whom)

    # --- namespaces and people

    @rule(name=spaces)
    def create_organization(self, name: str) -> None:
        self.both(
            lambda: organizations.create_organization(name, BY),
            lambda: self.model.add_space(name, None),
        )

    @rule(name=spaces)
    def create_person(self, name: str) -> None:
        self.both(
            lambda: User.objects.create_user(name, password=PASSWORD),
            lambda: self.model.add_space(name, Person()),
        )

    @rule(old=spaces, new=spaces)
    def rename_organization(self, old: str, new: str) -> None:
        self.both(
            lambda: renames.rename_organization(namespace_named(old), new, BY),
            lambda: self.model.rename(old, new, person=False),
        )

    @rule(old=spaces, new=spaces)
    def rename_person(self, old: str, new: str) -> None:
        def deed() -> None:
            person = site.thing("person", old, "")
            person.username = new
            person.save()

        self.both(deed, lambda: self.model.rename(old, new, person=True))

    @rule(name=spaces, surely=st.integers(0, 3))
    def delete_organization(self, name: str, surely: int) -> None:
        if surely == 0:
            self.both(
                lambda: organizations.delete_organization(namespace_named(name), BY),
                lambda: self.model.remove_space(name, person=False),
            )

    @rule(name=spaces, surely=st.integers(0, 3))
    def delete_person(self, name: str, surely: int) -> None:
        if surely == 0:
            self.both(
                lambda: site.thing("person", name, "").delete(),
                lambda: self.model.remove_space(name, person=True),
            )

    @rule(name=spaces, active=st.booleans())
    def set_active(self, name: str, active: bool) -> None:
        def deed() -> None:
            person = site.thing("person", name, "")
            person.is_active = active
            person.save()

        self.both(deed, lambda: self.model.set_active(name, active))

    @rule(name=spaces, enabled=st.booleans())
    def set_enabled_namespace(self, name: str, enabled: bool) -> None:
        self.both(
            lambda: organizations.set_namespace_enabled(
                namespace_named(name), enabled, BY
            ),
            lambda: self.model.set_enabled_space(name, enabled),
        )

    @rule(whose=switched, on=st.booleans())
    def switch(self, whose: Whom, on: bool) -> None:
        kind, space, _ = whose

        def deed() -> None:
            row: Any = None
            if kind != "site":
                is_robot = kind == "robot"
                row = site.thing(*whose) if is_robot else namespace_named(space)
            if on:
                switches.turn_on(row, switches.Terms("a drill"), BY)
            else:
                switches.turn_off(row, BY)

        def model() -> None:
            thing: Any = self.model
            if kind == "robot":
                thing = self.named(whose)
            elif kind == "space":
                thing = self.model.found(self.model.spaces, space)
            self.model.switch(thing, on)

        self.both(deed, model)

    # --- robots, their secrets and their trusts

    @rule(
        at=robot_places,
        role_on=st.none() | st.tuples(st.sampled_from(NAMES), roles),
    )
    def create_robot(self, at: Place, role_on: tuple[str, str] | None) -> None:
        given = [(role_on[0], Role.from_name(role_on[1]))] if role_on else []
        made = self.both(
            lambda: robot_deeds.create_robot(
                namespace_named(at[0]), at[1], BY, permissions=given
            ),
            lambda: self.model.add_robot(*at, role_on),
        )
        if made:
            self._keep(at, made.secret.reveal(), None)

    @rule(at=robot_places)
    def delete_robot(self, at: Place) -> None:
        self.both(
            lambda: robot_deeds.delete_robot(robot_named("+".join(at)), BY),
            lambda: self.model.remove_robot(*at),
        )

    @rule(at=robot_places, enabled=st.booleans())
    def set_enabled(self, at: Place, enabled: bool) -> None:
        self.both(
            lambda: robot_deeds.set_enabled(robot_named("+".join(at)), enabled, BY),
            lambda: setattr(self.named(("robot", *at)), "enabled", enabled),
        )

    @rule(at=robot_places, ended=st.booleans())
    def set_end(self, at: Place, ended: bool) -> None:
        end = datetime.now(UTC) + (-DAY if ended else DAY)
        self.both(
            lambda: robot_deeds.change_robot(
                robot_named("+".join(at)), {"expires_at": end}, BY
            ),
            lambda: setattr(self.named(("robot", *at)), "ended", ended),
        )

    @rule(at=robot_places, grace=st.sampled_from([0, 600]))
    def regenerate(self, at: Place, grace: int) -> None:
        made = self.both(
            lambda: robot_deeds.regenerate_token(robot_named("+".join(at)), BY, grace),
            lambda: self.model.regenerate(self.named(("robot", *at)), bool(grace)),
        )
        if made:
            self._keep(at, made.secret.reveal(), None)

    @rule(at=robot_places)
    def add_token(self, at: Place) -> None:
        made = self.both(
            lambda: token_deeds.add_token(robot_named("+".join(at)), BY),
            lambda: self.model.check_room(self.named(("robot", *at))),
        )
        if made:
            self._keep(at, made.secret.reveal(), None)

    @rule(at=robot_places, subject=subjects)
    def add_trust(self, at: Place, subject: str) -> None:
        entry = Entry(SIGNER.issuer, subject, keys=SIGNER.jwks())
        self.both(
            lambda: add_trust(robot_named("+".join(at)), entry, BY),
            lambda: self.model.add_trust(self.named(("robot", *at)), subject),
        )

    @rule(at=robot_places, subject=subjects)
    def remove_trust(self, at: Place, subject: str) -> None:
        self.both(
            lambda: remove_trust(site.trust(robot_named("+".join(at)), subject), BY),
            lambda: self.model.remove_trust(self.named(("robot", *at)), subject),
        )

    @rule(at=robot_places, subject=subjects, on=st.booleans())
    def set_trust(self, at: Place, subject: str, on: bool) -> None:
        self.both(
            lambda: set_trust_enabled(
                site.trust(robot_named("+".join(at)), subject), on, BY
            ),
            lambda: self.model.set_trust(self.named(("robot", *at)), subject, on),
        )

    def _keep(self, at: Place, secret: str, earned_by: str | None) -> None:
        robot = self.named(("robot", *at))
        robot.tokens[secret] = earned_by
        self.secrets.append(("+".join(at), secret, robot))

    # --- teams

    @rule(at=team_places, role=team_roles)
    def set_team(self, at: Place, role: str) -> None:
        self.both(
            lambda: teams.set_team(
                namespace_named(at[0]), at[1], TeamRole.from_name(role), BY
            ),
            lambda: self.model.set_team(*at, role),
        )

    @rule(at=team_places)
    def delete_team(self, at: Place) -> None:
        self.both(
            lambda: teams.delete_team(site.thing("team", *at), BY),
            lambda: self.model.remove_team(*at),
        )

    @rule(at=team_places, who=members)
    def join(self, at: Place, who: Whom) -> None:
        self.both(
            lambda: teams.add_member(site.thing("team", *at), site.thing(*who), BY),
            lambda: self.model.join(*at, self.named(who)),
        )

    @rule(at=team_places, who=members)
    def leave(self, at: Place, who: Whom) -> None:
        self.both(
            lambda: teams.remove_member(site.thing("team", *at), site.thing(*who), BY),
            lambda: self.model.leave(*at, self.named(who)),
        )
