"""`authorize` over the real database: each source of a grant, really stored."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from quaysite.models import User
from robots.access import authorize, may_list_catalog, visible_repositories
from robots.decision import AccessRequest, Decision, Denial
from robots.identity import ANONYMOUS, Ceiling, Identity, Kind
from robots.lifecycle.permissions import grant
from robots.models import Repository, Robot
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast

PULL, PUSH, ALL, DELETE = Action.PULL, Action.PUSH, Action.ALL, Action.DELETE
EVERYTHING = frozenset(Action)
NOTHING: frozenset[Action] = frozenset()
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

Store = Callable[[Cast, Robot | User], object]
"""Gives somebody a right on the repository acme/api, or shall not."""


def decide(identity: Identity, path: str, *actions: Action) -> Decision:
    """The decision about one repository; every action if none is named."""
    namespace, _, name = path.partition("/")
    asked = frozenset(actions) or EVERYTHING
    request = AccessRequest(RepositoryName(namespace, name), asked)
    (decision,) = authorize(identity, [request], NOW)
    return decision


def identity_of(somebody: Robot | User) -> Identity:
    if isinstance(somebody, Robot):
        return factories.robot_identity(somebody)
    return factories.user_identity(somebody)


def no_grant(cast: Cast, somebody: Robot | User) -> object:
    return None


def direct(role: Role) -> Store:
    return lambda cast, somebody: grant(cast.api, somebody, role, factories.BY)


def through_team(role: Role) -> Store:
    def store(cast: Cast, somebody: Robot | User) -> None:
        team = factories.team(cast.acme, "helpers", members=(somebody,))
        grant(cast.api, team, role, factories.BY)

    return store


def team_role(role: TeamRole) -> Store:
    return lambda cast, somebody: factories.team(
        cast.acme, "others", role, members=(somebody,)
    )


def on_another_repository(cast: Cast, somebody: Robot | User) -> object:
    return grant(cast.web, somebody, Role.ADMIN, factories.BY)


def through_a_team_of_others(cast: Cast, somebody: Robot | User) -> object:
    team = factories.team(cast.acme, "strangers", members=(cast.alice,))
    return grant(cast.api, team, Role.ADMIN, factories.BY)


@pytest.mark.parametrize("kind", ["robot", "user"])
@pytest.mark.parametrize(
    ("store", "granted"),
    [
        pytest.param(no_grant, set(), id="no-grant"),
        pytest.param(direct(Role.READ), {PULL}, id="direct-read"),
        pytest.param(direct(Role.WRITE), {PULL, PUSH}, id="direct-write"),
        pytest.param(direct(Role.ADMIN), EVERYTHING, id="direct-admin"),
        pytest.param(through_team(Role.READ), {PULL}, id="team-read"),
        pytest.param(through_team(Role.WRITE), {PULL, PUSH}, id="team-write"),
        pytest.param(through_team(Role.ADMIN), EVERYTHING, id="team-admin"),
        pytest.param(team_role(TeamRole.MEMBER), set(), id="only-a-member"),
        pytest.param(team_role(TeamRole.CREATOR), set(), id="only-a-creator"),
        pytest.param(team_role(TeamRole.ADMIN), EVERYTHING, id="organization-admin"),
        pytest.param(on_another_repository, set(), id="another-repository"),
        pytest.param(through_a_team_of_others, set(), id="a-team-of-others"),
    ],
)
def test_each_source_grants_what_it_says(
    cast: Cast, kind: str, store: Store, granted: set[Action]
) -> None:
    somebody = cast.charlie if kind == "user" else cast.ci
    store(cast, somebody)
    assert decide(identity_of(somebody), "acme/api").granted == granted


def test_the_highest_of_several_grants_counts(cast: Cast) -> None:
    direct(Role.READ)(cast, cast.ci)
    through_team(Role.WRITE)(cast, cast.ci)
    team = factories.team(cast.acme, "low", members=(cast.ci,))
    grant(cast.api, team, Role.READ, factories.BY)
    assert decide(identity_of(cast.ci), "acme/api").role is Role.WRITE


def test_the_highest_of_several_team_roles_counts(cast: Cast) -> None:
    factories.team(cast.acme, "low", TeamRole.MEMBER, members=(cast.ci,))
    factories.team(cast.acme, "high", TeamRole.CREATOR, members=(cast.ci,))
    assert decide(identity_of(cast.ci), "acme/new", PUSH).creates


def test_rights_in_one_organization_are_none_in_another(cast: Cast) -> None:
    other = factories.organization("other", owner=cast.charlie)
    factories.repository(other, "api")
    assert decide(identity_of(cast.charlie), "other/api").granted == EVERYTHING
    assert decide(identity_of(cast.charlie), "acme/api").granted == NOTHING
    assert decide(identity_of(cast.alice), "other/api").granted == NOTHING


def test_a_person_is_admin_of_the_own_namespace_alone(cast: Cast) -> None:
    factories.repository(cast.bob.personal_namespace, "notes")
    factories.repository(cast.charlie.personal_namespace, "notes")
    assert decide(identity_of(cast.bob), "bob/notes").granted == EVERYTHING
    assert decide(identity_of(cast.bob), "charlie/notes").granted == NOTHING
    assert decide(identity_of(cast.bob), "bob/new", PUSH).creates
    assert not decide(identity_of(cast.bob), "charlie/new", PUSH).creates


def test_a_robot_of_a_person_owns_and_creates_nothing(cast: Cast) -> None:
    factories.repository(cast.bob.personal_namespace, "notes")
    robot, _ = factories.robot(cast.bob.personal_namespace, "ci")
    assert decide(identity_of(robot), "bob/notes").granted == NOTHING
    assert not decide(identity_of(robot), "bob/new", PUSH).creates


def test_equal_ids_of_a_user_and_a_robot_are_two_identities(cast: Cast) -> None:
    person = User.objects.create(pk=4242, username="person")
    robot = Robot.objects.create(pk=4242, namespace=cast.acme, name="robot")
    grant(cast.api, robot, Role.ADMIN, factories.BY)
    grant(cast.web, person, Role.ADMIN, factories.BY)
    as_robot = Identity(Kind.ROBOT, "acme+robot", robot.pk, cast.acme.pk)
    for identity, own, other in (
        (as_robot, "acme/api", "acme/web"),
        (factories.user_identity(person), "acme/web", "acme/api"),
    ):
        assert decide(identity, own).granted == EVERYTHING
        assert decide(identity, other).granted == NOTHING


@pytest.mark.parametrize(
    ("ends", "granted"),
    [
        pytest.param(NOW - timedelta(days=1), set(), id="in-the-past"),
        pytest.param(NOW, set(), id="exactly-now"),
        pytest.param(NOW + timedelta(microseconds=1), {PULL, PUSH}, id="in-a-moment"),
        pytest.param(None, {PULL, PUSH}, id="never"),
    ],
)
@pytest.mark.parametrize("via", ["direct", "team"])
def test_an_expired_grant_counts_for_nothing(
    cast: Cast, via: str, ends: datetime | None, granted: set[Action]
) -> None:
    grantee = (
        cast.reader
        if via == "direct"
        else factories.team(cast.acme, "helpers", members=(cast.reader,))
    )
    grant(cast.api, grantee, Role.WRITE, factories.BY, expires_at=ends)
    identity = identity_of(cast.reader)
    assert decide(identity, "acme/api").granted == granted
    assert (cast.api in visible_repositories(identity, NOW)) == bool(granted)


def test_an_expired_grant_does_not_hide_a_lasting_one(cast: Cast) -> None:
    team = factories.team(cast.acme, "helpers", members=(cast.reader,))
    grant(cast.api, team, Role.READ, factories.BY)
    grant(cast.api, cast.reader, Role.ADMIN, factories.BY, expires_at=NOW)
    assert decide(identity_of(cast.reader), "acme/api").role is Role.READ


def test_a_disabled_namespace_grants_nothing_to_anybody(cast: Cast) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    callers = [ANONYMOUS, identity_of(cast.alice), identity_of(cast.ci)]
    for identity in callers:
        for path in ("acme/web", "acme/public", "acme/new"):
            decision = decide(identity, path, PULL, PUSH)
            assert decision.granted == NOTHING
            assert decision.namespace_disabled
            assert set(decision.denied.values()) == {Denial.NAMESPACE_DISABLED}
        assert not visible_repositories(identity, NOW).exists()


def test_a_personal_namespace_stops_with_its_person(cast: Cast) -> None:
    shared = factories.repository(
        cast.bob.personal_namespace, "notes", Visibility.PUBLIC
    )
    grant(shared, cast.charlie, Role.WRITE, factories.BY)
    assert decide(identity_of(cast.charlie), "bob/notes").granted == {PULL, PUSH}
    cast.bob.is_active = False
    cast.bob.save()
    for identity in (ANONYMOUS, identity_of(cast.charlie), identity_of(cast.bob)):
        decision = decide(identity, "bob/notes")
        assert (decision.granted, decision.namespace_disabled) == (NOTHING, True)
        assert shared not in visible_repositories(identity, NOW)


def test_an_organization_goes_on_without_the_one_who_made_it(cast: Cast) -> None:
    cast.alice.is_active = False
    cast.alice.save()
    assert decide(identity_of(cast.ci), "acme/web").granted == {PULL, PUSH}


@pytest.mark.parametrize(
    ("state", "robot_grants", "owner_grants"),
    [
        pytest.param(State.NORMAL, {PULL, PUSH}, EVERYTHING, id="normal"),
        pytest.param(State.READ_ONLY, {PULL}, {PULL}, id="read-only"),
        pytest.param(State.MIRROR, {PULL, PUSH}, {PULL}, id="mirror"),
    ],
)
def test_the_stored_state_stops_pushes(
    cast: Cast, state: State, robot_grants: set[Action], owner_grants: set[Action]
) -> None:
    Repository.objects.filter(pk=cast.web.pk).update(state=state, mirror_robot=cast.ci)
    grant(cast.web, cast.reader, Role.WRITE, factories.BY)
    assert decide(identity_of(cast.ci), "acme/web").granted == robot_grants
    assert decide(identity_of(cast.alice), "acme/web").granted == owner_grants
    other_robot = decide(identity_of(cast.reader), "acme/web", PUSH)
    assert bool(other_robot.granted) == (state is State.NORMAL)


def test_anybody_pulls_what_is_public_and_no_more(cast: Cast) -> None:
    foreign, _ = factories.robot(factories.organization("other"), "ci")
    for identity in (ANONYMOUS, identity_of(cast.charlie), identity_of(foreign)):
        assert decide(identity, "acme/public").granted == {PULL}
        assert decide(identity, "acme/web").granted == NOTHING
        assert list(visible_repositories(identity, NOW)) == [cast.public]


def test_a_ceiling_cuts_what_is_granted_and_listed(cast: Cast) -> None:
    def capped(ceiling: Ceiling) -> Identity:
        return Identity(Kind.USER, "alice", cast.alice.pk, ceiling=ceiling)

    read_only = capped(Ceiling(repository=Role.READ, namespace=TeamRole.MEMBER))
    assert decide(read_only, "acme/web").granted == {PULL}
    assert not decide(read_only, "acme/new", PUSH).creates
    assert visible_repositories(read_only, NOW).count() == 3
    nothing = capped(Ceiling())
    assert decide(nothing, "acme/web").granted == NOTHING
    assert list(visible_repositories(nothing, NOW)) == [cast.public]


def test_what_is_missing_denies_alike_whatever_is_missing(cast: Cast) -> None:
    charlie = identity_of(cast.charlie)
    assert decide(charlie, "acme/web", PULL).granted == NOTHING
    assert decide(charlie, "acme/missing", PULL).denied == {PULL: Denial.NO_REPOSITORY}
    assert decide(charlie, "nowhere/web", PULL).denied == {PULL: Denial.NO_NAMESPACE}


@pytest.mark.parametrize("role", [Role.READ, Role.ADMIN])
def test_a_role_everywhere_is_granted_and_listed(cast: Cast, role: Role) -> None:
    closed = factories.repository(factories.organization("closed"), "gone")
    closed.namespace.enabled = False
    closed.namespace.save()
    somebody = Identity(Kind.USER, "charlie", cast.charlie.pk, site_role=role)
    assert set(visible_repositories(somebody, NOW)) == {cast.web, cast.api, cast.public}
    assert (PUSH in decide(somebody, "acme/web").granted) == (role is Role.ADMIN)
    assert decide(somebody, "closed/gone", PULL).granted == NOTHING
    capped = somebody._replace(ceiling=Ceiling(repository=Role.ADMIN))
    assert list(visible_repositories(capped, NOW)) == [cast.public]
    assert decide(capped, "acme/web").granted == NOTHING


def test_only_a_site_admin_lists_the_catalog(cast: Cast) -> None:
    admin = Identity(Kind.USER, "alice", cast.alice.pk, is_site_admin=True)
    capped = Identity(
        Kind.USER,
        "alice",
        cast.alice.pk,
        is_site_admin=True,
        ceiling=Ceiling(Role.ADMIN, TeamRole.ADMIN),
    )
    token = capped._replace(ceiling=Ceiling(site=True))
    robot = Identity(
        Kind.ROBOT, "acme+ci", cast.ci.pk, cast.acme.pk, is_site_admin=True
    )
    assert may_list_catalog(admin)
    assert may_list_catalog(token)
    for identity in (ANONYMOUS, identity_of(cast.alice), capped, robot):
        assert not may_list_catalog(identity)
