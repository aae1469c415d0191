"""Why a token lets its bearer act as a robot, or why not: for people who ask.

The checks are those of `federation.admission`, trust by trust. Nothing is stored,
nothing is minted, and the token is not used up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from federation import conf, replay
from federation.admission import Admission, key_for
from federation.assertions import Peeked, VerifiedClaims, peek, verify
from federation.errors import Refused, shown
from federation.live_trusts import live
from federation.matching import distance, match, most_specific_first
from federation.models import Trust
from robots import switches
from robots.access import authorize, visible_repositories
from robots.credentials import Secret
from robots.decision import AccessRequest
from robots.explain import identity_of_robot, login_issues
from robots.grants import MAX_REPOSITORIES
from robots.models import Robot
from robots.names import RepositoryName
from robots.roles import Action, Role

NOT_LOOKED_AT = (
    "no enabled trust names the token's issuer, so its signature was not looked at"
)


class Outcome(StrEnum):
    """What becomes of a token at one trust."""

    MATCH = "match"
    REFUSED = "refused"
    DISABLED = "disabled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One trust, and why it does not let the token in if it does not."""

    trust: Trust
    outcome: Outcome
    refused: Refused | None = None
    claims: VerifiedClaims | None = None
    admission: Admission | None = None


class Grant(NamedTuple):
    """What the robot may do to one repository; whatever is public can be read."""

    repository: str
    role: Role


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that bears on one token and one robot.

    `reason` tells why the token was not verified. `matched` is the trust that would
    let it in; if there is none, `nearest` is the one that it came furthest with.
    `already_used` is kept of tokens that are taken once, and of passwords. `issues`
    are why the robot could not log in with any token, or with none of this issuer.
    `grants` are the first ones of `grants_count`, and none where the token would give
    nothing.
    """

    reason: str | None
    verdicts: tuple[Verdict, ...]
    matched: Trust | None = None
    nearest: Trust | None = None
    already_used: bool = False
    issues: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    grants_count: int = 0

    @property
    def verified(self) -> bool:
        return self.reason is None

    @property
    def is_used_up(self) -> bool:
        """Whether the token was used before, and the trust takes it only once."""
        return (
            self.already_used
            and self.matched is not None
            and replay.is_single_use(self.matched.entry)
        )

    @property
    def admitted(self) -> bool:
        """Whether an exchange of the token would give a token of the robot."""
        return self.matched is not None and not self.issues and not self.is_used_up


def diagnose(robot: Robot, token: Secret, now: datetime) -> Diagnosis:
    """Try the token at each trust of the robot. Raises nothing that it says."""
    trusts = list(Trust.objects.filter(robot=robot))
    for trust in trusts:
        trust.robot = robot
    try:
        peeked = peek(token, now)
    except Refused as refused:
        verdicts = tuple(_unlike(trust, refused, now) for trust in trusts)
        return Diagnosis(refused.reason, verdicts, issues=_issues(robot, now))
    verdicts = tuple(_verdict(trust, peeked, now) for trust in trusts)
    matches = [v for v in verdicts if v.outcome is Outcome.MATCH]
    issues = (*_issues(robot, now), *_issuer_issues(robot, peeked.issuer, now))
    found = Diagnosis(_reason(verdicts), verdicts, issues=issues)
    if not matches:
        return replace(found, nearest=_nearest(verdicts))
    best = most_specific_first(matches, lambda verdict: verdict.trust.entry)[0]
    found = replace(found, matched=best.trust, already_used=_is_used(best))
    return _with_grants(found, robot, now) if found.admitted else found


def _is_used(best: Verdict) -> bool:
    return best.admission is not None and replay.used(best.admission) is not None


def _verdict(trust: Trust, peeked: Peeked, now: datetime) -> Verdict:
    """Keys are asked for only where the trust counts and names the issuer."""
    if outcome := _not_live(trust, now):
        return Verdict(trust, outcome)
    claims = None
    try:
        _check_issuer(trust, peeked)
        entry = trust.entry
        key = key_for(entry, peeked)
        claims = verify(peeked, key, now)
        match(entry, claims, now, requires_audience=conf.requires_audience())
    except Refused as refused:
        return Verdict(trust, Outcome.REFUSED, refused, claims)
    admission = Admission(live(trust), claims, peeked, key)
    return Verdict(trust, Outcome.MATCH, None, claims, admission)


def _unlike(trust: Trust, refused: Refused, now: datetime) -> Verdict:
    """The verdict on a token that no trust could let in."""
    if outcome := _not_live(trust, now):
        return Verdict(trust, outcome)
    return Verdict(trust, Outcome.REFUSED, refused)


def _not_live(trust: Trust, now: datetime) -> Outcome | None:
    if not trust.enabled:
        return Outcome.DISABLED
    if trust.expires_at is not None and trust.expires_at <= now:
        return Outcome.ENDED
    return None


def _check_issuer(trust: Trust, peeked: Peeked) -> None:
    if trust.issuer != peeked.issuer:
        issuer = shown(peeked.issuer)
        raise Refused(
            f"claim iss is {issuer!r}, not {shown(trust.issuer)!r}",
            check="issuer",
            claim="iss",
            expected=shown(trust.issuer),
            actual=issuer,
        )


def _nearest(verdicts: Sequence[Verdict]) -> Trust | None:
    """Not one that names another issuer: the token has nothing to do with it."""
    best = max(verdicts, key=_distance, default=None)
    return best.trust if best is not None and _distance(best) >= 0 else None


def _distance(verdict: Verdict) -> int:
    refused = verdict.refused
    if refused is None or refused.check == "issuer":
        return -1
    return 0 if verdict.claims is None else distance(refused)


def _reason(verdicts: Sequence[Verdict]) -> str | None:
    """Why the signature is not known to be good; None if it is."""
    if any(verdict.claims is not None for verdict in verdicts):
        return None
    for verdict in verdicts:
        if verdict.refused and verdict.refused.check != "issuer":
            return verdict.refused.reason
    return NOT_LOOKED_AT


def _issues(robot: Robot, now: datetime) -> tuple[str, ...]:
    return tuple(login_issues(identity_of_robot(robot), now))


def _issuer_issues(robot: Robot, issuer: str, now: datetime) -> Iterator[str]:
    _, allowed = switches.site_and_issuer(issuer, now)
    if switches.stops(allowed, robot.full_name):
        yield (
            f"the emergency switch of issuer {shown(issuer)} is on and does not name"
            " the robot"
        )


def _with_grants(found: Diagnosis, robot: Robot, now: datetime) -> Diagnosis:
    identity, namespace = identity_of_robot(robot), robot.namespace
    seen = visible_repositories(identity, now).filter(namespace=namespace)
    names = seen.order_by("name").values_list("name", flat=True)[:MAX_REPOSITORIES]
    asked = [
        AccessRequest(RepositoryName(namespace.name, name), frozenset({Action.PULL}))
        for name in names
    ]
    grants = tuple(
        Grant(str(decision.request.repository), decision.role or Role.READ)
        for decision in authorize(identity, asked, now)
    )
    return replace(found, grants=grants, grants_count=seen.count())
