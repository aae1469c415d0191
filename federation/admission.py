"""Whether a token of an issuer lets its bearer act as a robot, and by which trust.

The one place that decides it, for the exchange and for the login without one. It
stores nothing; whoever asks sees to it that a token is used as its trust allows.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from federation import conf, jwks
from federation.assertions import Peeked, VerifiedClaims, peek, verify
from federation.entries import Entry
from federation.errors import NO_MATCH, Code, Refused, Unavailable, shown
from federation.issuers import check_allowed
from federation.keys import VerifyingKey
from federation.live_trusts import LiveRobot, LiveTrust, live_trusts
from federation.matching import distance, match, most_specific_first
from robots import conf as robots_conf
from robots import switches
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.names import parse_robot_name
from robots.spans import traced

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Admission:
    """A token that `key` verified, and the trust of the robot that it matches whole."""

    trust: LiveTrust
    claims: VerifiedClaims
    peeked: Peeked
    key: VerifyingKey

    @property
    def robot(self) -> LiveRobot:
        return self.trust.robot


class NotAdmitted(Refused):
    """None of the robot's trusts lets the token in; `tried` says why of each."""

    def __init__(self, nearest: Refused, tried: Sequence[tuple[LiveTrust, Refused]]):
        super().__init__(
            nearest.reason,
            code=nearest.code,
            message=nearest.message,
            check=nearest.check,
            claim=nearest.claim,
            expected=nearest.expected,
            actual=nearest.actual,
        )
        self.tried = tuple(tried)


@traced("admission")
def admit(robot_name: str, token: Secret, now: datetime) -> Admission:
    """The robot's most specific trust that `token` matches. Raises Refused.

    ROBOTS_DISALLOW comes first, what can be said of the token alone second, and the
    emergency switches of the site and of the issuer third: none tells which robots
    there are, if a switch does which names it excepts. One query, if the keys are at
    hand.
    """
    if robots_conf.robots_disallowed(robot_name):
        raise _disallowed("ROBOTS_DISALLOW is on")
    peeked = peek(token, now)
    try:
        return _admitted(robot_name, peeked, now)
    except Refused as refused:
        # An issuer that is down is called so for every robot, those included that do
        # not exist: else it would tell which robots trust it.
        if refused.message == NO_MATCH and jwks.is_unavailable(peeked.issuer):
            refused.tell_unavailable()
        raise


def check_robot(robot: LiveRobot, now: datetime) -> None:
    """Raise Refused for a robot that could not log in with any token."""
    if not robot.enabled:
        raise Refused("the robot is disabled", check="robot")
    if robot.expires_at is not None and robot.expires_at <= now:
        raise Refused("the robot has expired", check="robot")
    if not robot.namespace_enabled or not robot.owner_is_active:
        raise Refused("the robot's owner is disabled", check="robot")


def key_for(entry: Entry, peeked: Peeked) -> VerifyingKey:
    """The key that a token must be signed with for `entry`: its own, or its issuer's.

    Raises Refused where the operator allows neither, or there is no such key.
    """
    check_allowed(entry.issuer)
    if not entry.keys:
        return jwks.signing_key(entry.issuer, peeked.kid)
    if not conf.trusts_may_bring_keys():
        raise Refused("FEDERATION_TRUST_KEYS is off", check="keys")
    key = jwks.parsed(entry.keys).get(peeked.kid)
    if key is None:
        raise Refused("the trust has no key of that kid", check="keys", claim="kid")
    return key


def _admitted(robot_name: str, peeked: Peeked, now: datetime) -> Admission:
    """The switches of a namespace and of a robot are told to who could be the robot:
    others get NO_MATCH. That of the issuer is told before it is asked for its keys.
    """
    name = parse_robot_name(robot_name)
    trusts = live_trusts(name, peeked.issuer, now) if name else []
    site_allows, issuer_allows = _wide_switches(trusts, peeked.issuer, now)
    if switches.stops(site_allows, robot_name):
        raise _disallowed("the emergency switch of the site is on")
    if switches.stops(issuer_allows, robot_name):
        raise _disallowed("the emergency switch of the token's issuer is on")
    if not trusts:
        raise Refused(
            "no enabled trust of the robot names the token's issuer",
            check="issuer",
            claim="iss",
            actual=shown(peeked.issuer),
        )
    check_robot(trusts[0].robot, now)
    admission = _first_match(trusts, peeked, now)
    if switches.stops(trusts[0].namespace_allows, robot_name):
        raise _disallowed("the emergency switch of its namespace is on")
    if switches.stops(trusts[0].robot_allows, robot_name):
        raise _disallowed("the emergency switch of the robot is on")
    return admission


def _disallowed(reason: str) -> Refused:
    return Refused(
        reason,
        code=Code.ACCESS_DENIED,
        message=RobotsDisallowed.MESSAGE,
        check="robots_disallowed",
    )


def _wide_switches(
    trusts: Sequence[LiveTrust], issuer: str, now: datetime
) -> tuple[str | None, str | None]:
    """The lists of the site's switch and of the issuer's."""
    if trusts:
        return trusts[0].site_allows, trusts[0].issuer_allows
    return switches.site_and_issuer(issuer, now)


def _first_match(trusts: list[LiveTrust], peeked: Peeked, now: datetime) -> Admission:
    tried: list[tuple[LiveTrust, Refused]] = []
    asked: dict[Any, Any] = {}
    for trust in most_specific_first(trusts, lambda trust: trust.entry):
        entry = trust.entry
        try:
            # All of them name one issuer, and the token one key.
            key = _once(asked, entry.keys, partial(key_for, entry, peeked))
            # A key may be listed twice, for different algorithms.
            signed = (key.fingerprint, key.algorithms)
            claims = _once(asked, signed, partial(verify, peeked, key, now))
            match(entry, claims, now, requires_audience=conf.requires_audience())
        except Refused as refused:
            tried.append((trust, refused))
        else:
            return Admission(trust, claims, peeked, key)
    raise NotAdmitted(_nearest(tried), tried)


def _once(asked: dict[Any, Any], name: Hashable, ask: Callable[[], T]) -> T:
    """What `ask` says, or raises, remembered by `name`.

    A robot may have many trusts, an issuer takes its time and so does a signature.
    """
    if name not in asked:
        try:
            asked[name] = ask()
        except Refused as refused:
            asked[name] = refused
    found = asked[name]
    if isinstance(found, Refused):
        raise found
    return cast(T, found)


def _nearest(tried: Sequence[tuple[LiveTrust, Refused]]) -> Refused:
    """The refusal to tell of: a token whose keys cannot be had may do later."""
    refusals = [refused for _, refused in tried]
    for refused in refusals:
        if isinstance(refused, Unavailable):
            return refused
    return max(refusals, key=distance)
