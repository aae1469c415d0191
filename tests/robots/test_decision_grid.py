"""The decision against rules R1 to R4 told a second time, over every combination.

The second telling speaks of sets of words, not of ladders of numbers, so that a
slip in one is no slip in the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from robots.decision import AccessRequest, NamespaceFacts, RepositoryFacts, decide
from robots.identity import ANONYMOUS, Ceiling, Identity, Kind
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole, Visibility

HERE, ELSEWHERE, CALLER, SOMEBODY_ELSE = 1, 2, 7, 8

ROLES = ("read", "write", "admin")
STANDINGS = ("none", "member", "creator", "admin", "owner")
STATES = ("NORMAL", "READ_ONLY", "MIRROR of the caller", "MIRROR of another")
QUESTIONS = ({"pull", "push", "*", "delete"}, {"pull", "push"}, {"pull"}, {"delete"})

MEANS = {
    "read": {"pull"},
    "write": {"pull", "push"},
    "admin": {"pull", "push", "*", "delete"},
}
STOPPED_BY = {
    "NORMAL": set[str](),
    "READ_ONLY": {"push", "*", "delete"},
    "MIRROR of another": {"push", "*", "delete"},
    "MIRROR of the caller": {"*", "delete"},
}


@dataclass(frozen=True)
class Caller:
    """`cap_*` count only where `capped`; a cap of None allows nothing."""

    who: str
    capped: bool = False
    cap_repository: str | None = None
    cap_namespace: str | None = None

    def __str__(self) -> str:
        if not self.capped:
            return self.who
        return f"{self.who} capped at {self.cap_repository}, {self.cap_namespace}"


@dataclass(frozen=True)
class Grants:
    """Where rights could come from."""

    direct: str | None
    via_team: str | None
    standing: str


def capped(who: str) -> list[Caller]:
    namespace_caps = (None, "member", "creator", "admin")
    return [
        Caller(who, True, *caps) for caps in product((None, *ROLES), namespace_caps)
    ]


CALLERS = [
    Caller("anonymous"),
    Caller("user"),
    *capped("user"),
    Caller("robot"),
    *capped("robot"),
    Caller("foreign robot"),
    Caller("foreign robot", True, "admin", "admin"),
]


def every_grant(caller: Caller) -> Iterator[Grants]:
    """What can be stored for the caller: robots own nothing, nobody has nothing."""
    if caller.who == "anonymous":
        yield Grants(None, None, "none")
        return
    standings = STANDINGS if caller.who == "user" else STANDINGS[:-1]
    roles = (None, *ROLES)
    yield from (Grants(*grants) for grants in product(roles, roles, standings))


def allowed(
    caller: Caller, grants: Grants, state: str, visibility: str, asked: set[str]
) -> set[str]:
    """R2 and R3 for a repository that exists in an enabled namespace."""
    rights: set[str] = set()
    for source in (grants.direct, grants.via_team):
        rights |= MEANS[source] if source else set()
    if grants.standing in {"admin", "owner"}:
        rights |= MEANS["admin"]
    if caller.who == "foreign robot":
        rights = set()
    if caller.capped:
        rights &= MEANS[caller.cap_repository] if caller.cap_repository else set()
    if state == "MIRROR of the caller" and caller.who == "user":
        state = "MIRROR of another"
    rights -= STOPPED_BY[state]
    if visibility == "public":
        rights |= {"pull"}
    return rights & asked


def creates(caller: Caller, grants: Grants) -> bool:
    """R4 for a push to a repository that does not exist."""
    if caller.who not in {"user", "robot"}:
        return False
    if caller.capped and caller.cap_namespace not in {"creator", "admin"}:
        return False
    return grants.standing in {"creator", "admin", "owner"}


def may_push_when_created(caller: Caller) -> bool:
    return not caller.capped or caller.cap_repository in {"write", "admin"}


def identity(caller: Caller) -> Identity:
    if caller.who == "anonymous":
        return ANONYMOUS
    ceiling = Ceiling(
        Role.from_name(caller.cap_repository) if caller.cap_repository else None,
        TeamRole.from_name(caller.cap_namespace) if caller.cap_namespace else None,
    )
    return Identity(
        Kind.USER if caller.who == "user" else Kind.ROBOT,
        "the caller",
        CALLER,
        {"robot": HERE, "foreign robot": ELSEWHERE}.get(caller.who),
        ceiling=ceiling if caller.capped else None,
    )


def namespace_facts(grants: Grants, *, enabled: bool = True) -> NamespaceFacts:
    in_team = grants.standing not in {"none", "owner"}
    return NamespaceFacts(
        HERE,
        enabled,
        owned=grants.standing == "owner",
        team_role=TeamRole.from_name(grants.standing) if in_team else None,
    )


def repository_facts(grants: Grants, state: str, visibility: str) -> RepositoryFacts:
    mirrors = {"MIRROR of the caller": CALLER, "MIRROR of another": SOMEBODY_ELSE}
    return RepositoryFacts(
        id=5,
        visibility=Visibility[visibility.upper()],
        state=State[state.split()[0]],
        mirror_robot_id=mirrors.get(state),
        direct_role=Role.from_name(grants.direct) if grants.direct else None,
        via_team_role=Role.from_name(grants.via_team) if grants.via_team else None,
    )


def request(asked: set[str]) -> AccessRequest:
    return AccessRequest(RepositoryName("acme", "web"), frozenset(map(Action, asked)))


@pytest.mark.parametrize("caller", CALLERS, ids=str)
def test_what_exists_is_decided_by_the_rules(caller: Caller) -> None:
    who = identity(caller)
    for grants, state, visibility in product(
        every_grant(caller), STATES, ("private", "public")
    ):
        namespace = namespace_facts(grants)
        repository = repository_facts(grants, state, visibility)
        for asked in QUESTIONS:
            decision = decide(who, request(asked), namespace, repository)
            expected = allowed(caller, grants, state, visibility, asked)
            context = (grants, state, visibility, asked)
            assert {*map(str, decision.granted)} == expected, context
            assert {*map(str, decision.denied)} == asked - expected, context
            assert not decision.creates, context


@pytest.mark.parametrize("caller", CALLERS, ids=str)
def test_what_is_missing_is_created_by_those_who_may(caller: Caller) -> None:
    for grants, asked in product(every_grant(caller), QUESTIONS):
        if creates(caller, grants) and not may_push_when_created(caller):
            continue  # test_decision.py asks what these are promised
        decision = decide(
            identity(caller), request(asked), namespace_facts(grants), None
        )
        expected = "push" in asked and creates(caller, grants)
        assert decision.creates == expected, (grants, asked)
        assert bool(decision.granted) == expected, (grants, asked)
        assert decision.granted | decision.denied.keys() == request(asked).actions


@pytest.mark.parametrize("caller", CALLERS, ids=str)
@pytest.mark.parametrize("exists", [True, False], ids=["existing", "missing"])
def test_a_disabled_namespace_grants_nothing(caller: Caller, exists: bool) -> None:
    for grants, asked in product(every_grant(caller), QUESTIONS):
        decision = decide(
            identity(caller),
            request(asked),
            namespace_facts(grants, enabled=False),
            repository_facts(grants, "NORMAL", "public") if exists else None,
        )
        assert not decision.granted, (grants, asked)
        assert not decision.creates, (grants, asked)
        assert decision.namespace_disabled, (grants, asked)


@pytest.mark.parametrize("caller", CALLERS, ids=str)
def test_a_namespace_that_does_not_exist_grants_nothing(caller: Caller) -> None:
    for asked in QUESTIONS:
        decision = decide(identity(caller), request(asked), None, None)
        assert not decision.granted
        assert not decision.creates
        assert {*map(str, decision.denied)} == asked
