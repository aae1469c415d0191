"""The decision, by name: literal expectations, each with the reason for a refusal."""

from collections.abc import Set as AbstractSet
from itertools import product

import pytest

from robots.decision import (
    AccessRequest,
    Denial,
    NamespaceFacts,
    RepositoryFacts,
    decide,
    may_create,
)
from robots.identity import ANONYMOUS, Ceiling, Identity, Kind
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole, Visibility

PULL, PUSH, ALL, DELETE = Action.PULL, Action.PUSH, Action.ALL, Action.DELETE
EVERYTHING = frozenset(Action)
NOTHING: frozenset[Action] = frozenset()

HERE = 1
ELSEWHERE = 2
CALLER = 7

USER = Identity(Kind.USER, "bob", CALLER)
ROBOT = Identity(Kind.ROBOT, "acme+ci", CALLER, namespace_id=HERE)
FOREIGN_ROBOT = Identity(Kind.ROBOT, "evil+ci", CALLER, namespace_id=ELSEWHERE)
LOST_ROBOT = Identity(Kind.ROBOT, "gone+ci", CALLER, namespace_id=None)


SITE_ADMIN = Identity(Kind.USER, "root", CALLER, site_role=Role.ADMIN)
AUDITOR = Identity(Kind.USER, "auditor", CALLER, site_role=Role.READ)


def everywhere(role: Role, *, site: bool) -> Identity:
    """Somebody with a role everywhere, and a token with or without `super:user`."""
    return Identity(
        Kind.USER, "root", CALLER, site_role=role, ceiling=Ceiling(site=site)
    )


def capped(
    repository: Role | None, namespace: TeamRole | None = None, kind: Kind = Kind.USER
) -> Identity:
    home = HERE if kind is Kind.ROBOT else None
    return Identity(kind, "bob", CALLER, home, ceiling=Ceiling(repository, namespace))


def place(
    *, enabled: bool = True, owned: bool = False, team: TeamRole | None = None
) -> NamespaceFacts:
    return NamespaceFacts(HERE, enabled, owned, team)


def repo(
    direct: Role | None = None,
    via_team: Role | None = None,
    *,
    public: bool = False,
    state: State = State.NORMAL,
    mirror: int | None = None,
) -> RepositoryFacts:
    visibility = Visibility.PUBLIC if public else Visibility.PRIVATE
    return RepositoryFacts(5, visibility, state, mirror, direct, via_team)


def asked(*actions: Action) -> AccessRequest:
    return AccessRequest(RepositoryName("acme", "web"), frozenset(actions))


READ, WRITE, ADMIN = Role.READ, Role.WRITE, Role.ADMIN
MEMBER, CREATOR, TEAM_ADMIN = TeamRole.MEMBER, TeamRole.CREATOR, TeamRole.ADMIN
READ_ONLY, MIRROR = State.READ_ONLY, State.MIRROR

# (name, identity, actions asked, namespace, repository, granted, denied)
CASES = [
    # Nobody in particular
    ("anonymous pulls a public one", ANONYMOUS, {PULL}, place(), repo(public=True),
     {PULL}, {}),
    ("anonymous pulls a private one", ANONYMOUS, {PULL}, place(), repo(),
     NOTHING, {PULL: Denial.NO_GRANT}),
    ("anonymous pushes to a public one", ANONYMOUS, {PULL, PUSH}, place(),
     repo(public=True), {PULL}, {PUSH: Denial.NO_GRANT}),
    ("anonymous wants all of a public one", ANONYMOUS, {ALL, DELETE}, place(),
     repo(public=True), NOTHING, {ALL: Denial.NO_GRANT, DELETE: Denial.NO_GRANT}),
    ("anonymous pushes to a missing one", ANONYMOUS, {PUSH}, place(), None,
     NOTHING, {PUSH: Denial.MAY_NOT_CREATE}),
    ("anonymous pulls a public mirror", ANONYMOUS, {PULL}, place(),
     repo(public=True, state=MIRROR), {PULL}, {}),
    # The ladder of roles
    ("a robot without any grant", ROBOT, EVERYTHING, place(), repo(),
     NOTHING, dict.fromkeys(EVERYTHING, Denial.NO_GRANT)),
    ("a robot with read", ROBOT, {PULL, PUSH}, place(), repo(READ),
     {PULL}, {PUSH: Denial.ROLE_TOO_LOW}),
    ("a robot with write", ROBOT, EVERYTHING, place(), repo(WRITE),
     {PULL, PUSH}, {ALL: Denial.ROLE_TOO_LOW, DELETE: Denial.ROLE_TOO_LOW}),
    ("a robot with admin", ROBOT, EVERYTHING, place(), repo(ADMIN), EVERYTHING, {}),
    ("what was not asked is not granted", ROBOT, {PULL}, place(), repo(ADMIN),
     {PULL}, {}),
    ("nothing asked", ROBOT, NOTHING, place(), repo(ADMIN), NOTHING, {}),
    ("a user with write through a team", USER, {PULL, PUSH}, place(team=MEMBER),
     repo(via_team=WRITE), {PULL, PUSH}, {}),
    ("the higher of two grants: team", ROBOT, {PUSH}, place(team=MEMBER),
     repo(READ, WRITE), {PUSH}, {}),
    ("the higher of two grants: direct", ROBOT, {PUSH}, place(team=MEMBER),
     repo(WRITE, READ), {PUSH}, {}),
    ("an organization admin", USER, EVERYTHING, place(team=TEAM_ADMIN), repo(),
     EVERYTHING, {}),
    ("a robot in an admin team", ROBOT, EVERYTHING, place(team=TEAM_ADMIN), repo(),
     EVERYTHING, {}),
    ("the owner of a personal namespace", USER, EVERYTHING, place(owned=True), repo(),
     EVERYTHING, {}),
    ("a member of a team without permissions", USER, {PULL}, place(team=MEMBER),
     repo(), NOTHING, {PULL: Denial.NO_GRANT}),
    ("a creator on somebody else's repository", ROBOT, {PULL}, place(team=CREATOR),
     repo(), NOTHING, {PULL: Denial.NO_GRANT}),
    # Robots never cross namespaces
    ("a foreign robot with a stray grant", FOREIGN_ROBOT, EVERYTHING, place(),
     repo(ADMIN, ADMIN), NOTHING, dict.fromkeys(EVERYTHING, Denial.FOREIGN_NAMESPACE)),
    ("a foreign robot in a stray admin team", FOREIGN_ROBOT, {PULL, PUSH},
     place(team=TEAM_ADMIN), repo(), NOTHING,
     {PULL: Denial.FOREIGN_NAMESPACE, PUSH: Denial.FOREIGN_NAMESPACE}),
    ("a foreign robot pulls a public one", FOREIGN_ROBOT, {PULL, PUSH}, place(),
     repo(ADMIN, public=True), {PULL}, {PUSH: Denial.FOREIGN_NAMESPACE}),
    ("a foreign robot named as the mirror robot", FOREIGN_ROBOT, {PUSH}, place(),
     repo(WRITE, state=MIRROR, mirror=CALLER), NOTHING,
     {PUSH: Denial.FOREIGN_NAMESPACE}),
    ("a foreign robot creates nothing", FOREIGN_ROBOT, {PUSH}, place(team=TEAM_ADMIN),
     None, NOTHING, {PUSH: Denial.MAY_NOT_CREATE}),
    ("a robot of no known namespace", LOST_ROBOT, {PULL}, place(), repo(ADMIN),
     NOTHING, {PULL: Denial.FOREIGN_NAMESPACE}),
    # The OAuth ceiling
    ("write cut to read", capped(READ), {PULL, PUSH}, place(), repo(WRITE),
     {PULL}, {PUSH: Denial.SCOPE_CEILING}),
    ("admin cut to write", capped(WRITE), {PUSH, DELETE}, place(owned=True), repo(),
     {PUSH}, {DELETE: Denial.SCOPE_CEILING}),
    ("a grant with no repository scope", capped(None, TEAM_ADMIN), {PULL},
     place(team=TEAM_ADMIN), repo(ADMIN), NOTHING, {PULL: Denial.SCOPE_CEILING}),
    ("a ceiling gives nothing by itself", capped(ADMIN, TEAM_ADMIN), {PULL}, place(),
     repo(), NOTHING, {PULL: Denial.NO_GRANT}),
    ("too low a role stays that under a ceiling", capped(ADMIN), {PUSH}, place(),
     repo(READ), NOTHING, {PUSH: Denial.ROLE_TOO_LOW}),
    ("too low a role and too low a ceiling", capped(None), {PUSH}, place(),
     repo(READ), NOTHING, {PUSH: Denial.ROLE_TOO_LOW}),
    ("a public one with no repository scope", capped(None), {PULL}, place(),
     repo(public=True), {PULL}, {}),
    ("creating without the scope for it", capped(ADMIN, MEMBER), {PUSH},
     place(owned=True), None, NOTHING, {PUSH: Denial.MAY_NOT_CREATE}),
    # Site administrators with full access, and auditors
    ("a site administrator and a stranger's", SITE_ADMIN, EVERYTHING, place(), repo(),
     EVERYTHING, {}),
    ("a site administrator creates", SITE_ADMIN, {PUSH}, place(), None, {PUSH}, {}),
    ("a site administrator and a read-only one", SITE_ADMIN, {PULL, PUSH}, place(),
     repo(state=READ_ONLY), {PULL}, {PUSH: Denial.READ_ONLY}),
    ("a site administrator and a disabled namespace", SITE_ADMIN, {PULL},
     place(enabled=False), repo(), NOTHING, {PULL: Denial.NAMESPACE_DISABLED}),
    ("a site administrator's token with super:user", everywhere(ADMIN, site=True),
     EVERYTHING, place(), repo(), EVERYTHING, {}),
    ("that token creates", everywhere(ADMIN, site=True), {PULL, PUSH, ALL}, place(),
     None, {PULL, PUSH, ALL}, {}),
    ("a site administrator's token without it", everywhere(ADMIN, site=False),
     {PULL, PUSH}, place(), repo(), NOTHING,
     {PULL: Denial.NO_GRANT, PUSH: Denial.NO_GRANT}),
    ("a site administrator's token without it creates nothing",
     everywhere(ADMIN, site=False), {PUSH}, place(), None, NOTHING,
     {PUSH: Denial.MAY_NOT_CREATE}),
    ("an auditor reads and no more", AUDITOR, {PULL, PUSH, DELETE}, place(), repo(),
     {PULL}, {PUSH: Denial.NO_GRANT, DELETE: Denial.NO_GRANT}),
    ("an auditor creates nothing", AUDITOR, {PUSH}, place(), None, NOTHING,
     {PUSH: Denial.MAY_NOT_CREATE}),
    ("an auditor with a grant of the own", AUDITOR, {PULL, PUSH}, place(), repo(WRITE),
     {PULL, PUSH}, {}),
    ("an auditor's token without super:user", everywhere(READ, site=False), {PULL},
     place(), repo(), NOTHING, {PULL: Denial.NO_GRANT}),
    # States
    ("a read-only one", USER, EVERYTHING, place(owned=True), repo(state=READ_ONLY),
     {PULL}, dict.fromkeys({PUSH, ALL, DELETE}, Denial.READ_ONLY)),
    ("a mirror and its robot", ROBOT, EVERYTHING, place(),
     repo(ADMIN, state=MIRROR, mirror=CALLER), {PULL, PUSH},
     {ALL: Denial.MIRROR, DELETE: Denial.MIRROR}),
    ("a mirror's robot that lost its grant", ROBOT, {PUSH}, place(),
     repo(state=MIRROR, mirror=CALLER), NOTHING, {PUSH: Denial.NO_GRANT}),
    ("a mirror and another robot", ROBOT, {PULL, PUSH}, place(),
     repo(ADMIN, state=MIRROR, mirror=CALLER + 1), {PULL}, {PUSH: Denial.MIRROR}),
    ("a mirror without a robot", ROBOT, {PUSH}, place(), repo(ADMIN, state=MIRROR),
     NOTHING, {PUSH: Denial.MIRROR}),
    ("a mirror and a user with its robot's id", USER, {PUSH}, place(owned=True),
     repo(state=MIRROR, mirror=CALLER), NOTHING, {PUSH: Denial.MIRROR}),
    ("the mirror robot of a read-only one", ROBOT, {PUSH}, place(),
     repo(WRITE, state=READ_ONLY, mirror=CALLER), NOTHING, {PUSH: Denial.READ_ONLY}),
    # Namespaces and repositories that are not there
    ("no such namespace", USER, {PULL, PUSH}, None, None, NOTHING,
     {PULL: Denial.NO_NAMESPACE, PUSH: Denial.NO_NAMESPACE}),
    ("a disabled namespace and its owner", USER, {PULL, PUSH},
     place(enabled=False, owned=True), repo(public=True), NOTHING,
     {PULL: Denial.NAMESPACE_DISABLED, PUSH: Denial.NAMESPACE_DISABLED}),
    ("creating in a disabled namespace", USER, {PUSH},
     place(enabled=False, owned=True), None, NOTHING,
     {PUSH: Denial.NAMESPACE_DISABLED}),
    ("an admin pulls a missing one", USER, {PULL, ALL}, place(owned=True), None,
     NOTHING, {PULL: Denial.NO_REPOSITORY, ALL: Denial.NO_REPOSITORY}),
    ("a member pushes to a missing one", ROBOT, {PUSH}, place(team=MEMBER), None,
     NOTHING, {PUSH: Denial.MAY_NOT_CREATE}),
    ("a creator pushes to a missing one", ROBOT, {PULL, PUSH}, place(team=CREATOR),
     None, {PULL, PUSH}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "actions", "namespace", "repository", "granted", "denied"),
    [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in CASES],
)
def test_the_decision_is(
    identity: Identity,
    actions: AbstractSet[Action],
    namespace: NamespaceFacts | None,
    repository: RepositoryFacts | None,
    granted: AbstractSet[Action],
    denied: dict[Action, Denial],
) -> None:
    request = asked(*actions)
    decision = decide(identity, request, namespace, repository)
    assert decision.granted == granted
    assert decision.denied == denied
    assert decision.request is request


def test_only_a_push_that_creates_says_so() -> None:
    creating = decide(USER, asked(PUSH), place(owned=True), None)
    existing = decide(USER, asked(PUSH), place(owned=True), repo())
    assert (creating.creates, creating.role) == (True, Role.ADMIN)
    assert (existing.creates, existing.role) == (False, Role.ADMIN)


def test_a_ceiling_of_just_what_it_takes_lets_a_push_create() -> None:
    identity = capped(WRITE, CREATOR)
    decision = decide(identity, asked(PULL, PUSH), place(owned=True), None)
    assert decision.creates
    assert decision.granted == {PULL, PUSH}
    lower = decide(capped(READ, CREATOR), asked(PULL, PUSH), place(owned=True), None)
    assert not lower.granted
    assert lower.denied == dict.fromkeys((PULL, PUSH), Denial.SCOPE_CEILING)


def test_the_role_in_the_answer_is_the_one_after_the_ceiling() -> None:
    facts = repo(WRITE, public=True)
    assert decide(USER, asked(PULL), place(), facts).role is Role.WRITE
    assert decide(capped(READ), asked(PULL), place(), facts).role is Role.READ
    assert decide(capped(None), asked(PULL), place(), facts).role is None
    assert decide(ANONYMOUS, asked(PULL), place(), repo(public=True)).role is None


def test_a_disabled_namespace_is_told_apart_from_a_denial() -> None:
    disabled = decide(USER, asked(PULL), place(enabled=False), repo())
    assert disabled.namespace_disabled
    assert not decide(USER, asked(PULL), place(), repo()).namespace_disabled
    assert not decide(USER, asked(PULL), None, None).namespace_disabled


def test_nobody_may_create_in_a_disabled_namespace() -> None:
    assert may_create(USER, place(owned=True))
    assert not may_create(USER, place(owned=True, enabled=False))


def test_the_anonymous_create_nothing_whatever_the_facts_say() -> None:
    assert may_create(USER, place(team=TEAM_ADMIN))
    assert not may_create(ANONYMOUS, place(team=TEAM_ADMIN))


CEILINGS = [
    None,
    *(Ceiling(*pair) for pair in product([None, *Role], [None, *TeamRole])),
]


def _described(ceiling: Ceiling | None) -> str:
    if ceiling is None:
        return "no-ceiling"
    steps = (ceiling.repository, ceiling.namespace)
    return "-and-".join(str(step.label) if step else "nothing" for step in steps)


@pytest.mark.parametrize("ceiling", CEILINGS, ids=map(_described, CEILINGS))
def test_a_push_that_creates_is_promised_what_its_creator_then_has(
    ceiling: Ceiling | None,
) -> None:
    identity = Identity(Kind.USER, "bob", CALLER, ceiling=ceiling)
    request = asked(PULL, PUSH, ALL)
    promised = decide(identity, request, place(team=CREATOR), None)
    kept = decide(identity, request, place(team=CREATOR), repo(ADMIN))
    assert promised.granted == (kept.granted if promised.creates else NOTHING)
    assert not promised.creates or PUSH in kept.granted
