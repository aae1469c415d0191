"""What is done to repositories, at random, and to what they grant."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from robots.errors import NotFound
from robots.lifecycle import (
    default_permissions,
    permissions,
    repositories,
    repository_changes,
)
from robots.lifecycle.bulk_permissions import Wanted, change_permissions
from robots.lookup import namespace_named
from robots.models import Robot
from robots.roles import Role, State, Visibility
from robots.selection import Named
from tests.factories import BY
from tests.model import site
from tests.model.machine import NAMES
from tests.model.moves import (
    DAY,
    Moves,
    Whom,
    grantees,
    members,
    repository_places,
    robot_names,
    roles,
    spaces,
)
from tests.model.rules import No
from tests.model.site import Place

picks = st.integers(0, 999)


class Grants(Moves):
    """Every deed that the two are told to do."""

    @initialize()
    def begin(self) -> None:
        """Something is there from the start, so that the first steps do something."""
        self.create_organization("acme")
        self.create_person("alice")
        self.set_team(("acme", "devs"), "member")
        for short in ("ci", "bot"):
            self.create_robot(("acme", short), None)
        for name in NAMES:
            self.create_repository(("acme", name), public=False, creator=None)

    # --- what succeeds nearly always: it is where rights come from

    @rule(pick=picks, role=roles, days=st.sampled_from([None, -1, 1]))
    def grant_here(self, pick: int, role: str, days: int | None) -> None:
        here = self._any_with(pick, "repositories")
        if here:
            space, name = here
            self.grant((space, name), self._somebody(pick, space), role, days)

    @rule(pick=picks)
    def join_here(self, pick: int) -> None:
        here = self._any_with(pick, "teams")
        if here:
            whom = self._somebody(pick, here[0])
            if whom[0] != "team":
                self.join(here, whom)

    def _any_with(self, pick: int, kind: str) -> Place | None:
        """One of all the repositories or teams that there are."""
        places = [
            (space, name)
            for space, there in self.model.spaces.items()
            for name in getattr(there, kind)
        ]
        return places[pick % len(places)] if places else None

    def _somebody(self, pick: int, space: str) -> Whom:
        """A robot or team of a namespace, or a person."""
        there = self.model.spaces[space]
        found = [("robot", space, name) for name in there.robots]
        found += [("team", space, name) for name in there.teams]
        found += [
            ("person", name, "") for name, one in self.model.spaces.items() if one.owner
        ]
        return found[pick // 7 % len(found)] if found else ("person", space, "")

    # --- what may fail

    @rule(at=repository_places, public=st.booleans(), creator=st.none() | members)
    def create_repository(self, at: Place, public: bool, creator: Whom | None) -> None:
        """Who it says creates it may be anybody; that it may is the API's to ask."""
        kinds = {True: Visibility.PUBLIC, False: Visibility.PRIVATE}

        def deed() -> None:
            by = None
            if creator is not None:
                row = site.thing(*creator)
                by = site.identities()[
                    row.full_name if isinstance(row, Robot) else row.username
                ]
                if isinstance(row, Robot) and creator[1] != at[0]:
                    raise NotFound("nobody asks the site for that")
            repositories.create_repository(
                namespace_named(at[0]), at[1], BY, visibility=kinds[public], creator=by
            )

        def model() -> None:
            by = self.named(creator) if creator else None
            if creator and creator[0] == "robot" and creator[1] != at[0]:
                raise No("robots create in their own namespace only")
            self.model.add_repository(*at, public, by)

        self.both(deed, model)

    @rule(at=repository_places)
    def delete_repository(self, at: Place) -> None:
        self.both(
            lambda: repository_changes.delete_repository(
                site.thing("repository", *at), BY
            ),
            lambda: self.model.remove_repository(*at),
        )

    @rule(at=repository_places, public=st.booleans())
    def set_visibility(self, at: Place, public: bool) -> None:
        visibility = Visibility.PUBLIC if public else Visibility.PRIVATE
        self.both(
            lambda: repository_changes.set_visibility(
                site.thing("repository", *at), visibility, BY
            ),
            lambda: setattr(self.named(("repository", *at)), "public", public),
        )

    @rule(at=repository_places, state=st.sampled_from(State))
    def set_state(self, at: Place, state: State) -> None:
        self.both(
            lambda: repository_changes.set_state(
                site.thing("repository", *at), state, BY
            ),
            lambda: setattr(self.named(("repository", *at)), "state", state.label),
        )

    @rule(at=repository_places, robot=st.none() | robot_names)
    def set_mirror_robot(self, at: Place, robot: Whom | None) -> None:
        self.both(
            lambda: repository_changes.set_mirror_robot(
                site.thing("repository", *at),
                site.thing(*robot) if robot else None,
                BY,
            ),
            lambda: self.model.mirror(*at, self.named(robot) if robot else None),
        )

    @rule(
        at=repository_places,
        whom=grantees,
        role=roles,
        days=st.sampled_from([None, None, -1, 1]),
    )
    def grant(self, at: Place, whom: Whom, role: str, days: int | None) -> None:
        end = None if days is None else datetime.now(UTC) + days * DAY
        self.both(
            lambda: permissions.grant(
                site.thing("repository", *at),
                site.thing(*whom),
                Role.from_name(role),
                BY,
                end,
            ),
            lambda: self.model.grant(*at, self.named(whom), role, days != -1),
        )

    @rule(at=repository_places, whom=grantees)
    def revoke(self, at: Place, whom: Whom) -> None:
        self.both(
            lambda: permissions.revoke(
                site.thing("repository", *at), site.thing(*whom), BY
            ),
            lambda: self.model.revoke(*at, self.named(whom)),
        )

    @rule(
        space=spaces,
        names=st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
        whom=grantees,
        role=st.none() | roles,
    )
    def set_many(
        self, space: str, names: list[str], whom: Whom, role: str | None
    ) -> None:
        wanted = Wanted(Role.from_name(role) if role else None)
        self.both(
            lambda: change_permissions(
                namespace_named(space), site.thing(*whom), Named(names), wanted, BY
            ),
            lambda: self.model.set_all(space, names, self.named(whom), role),
        )

    @rule(space=spaces, creator=st.none() | members, whom=grantees, role=roles)
    def add_default(
        self, space: str, creator: Whom | None, whom: Whom, role: str
    ) -> None:
        self.both(
            lambda: default_permissions.create_default_permission(
                namespace_named(space),
                site.thing(*whom),
                Role.from_name(role),
                BY,
                site.thing(*creator) if creator else None,
            ),
            lambda: self.model.add_default(
                space, self.named(creator) if creator else None, self.named(whom), role
            ),
        )
