"""Whether the claims of a verified token are what a trust asks for. Pure.

A trust is matched whole: issuer, subject, audiences, conditions and age of one and
the same trust. Whoever is let in by half of one and half of another is let in by none.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from federation import patterns
from federation.assertions import LEEWAY, VerifiedClaims
from federation.conditions import MISSING, Condition, Operator, claim_at
from federation.entries import Entry, SubjectMatch
from federation.errors import Refused, shown

CHECKS = ("issuer", "subject", "audience", "condition", "age", "enabled", "ended")
"""What `match` looks at, in this order."""

_MAX_LISTED = 10

T = TypeVar("T")


def match(
    entry: Entry, claims: VerifiedClaims, now: datetime, *, requires_audience: bool
) -> None:
    """Raise Refused, saying what failed first, unless `entry` lets the token in.

    With `requires_audience` a trust that names no audience lets nobody in.
    """
    _check_issuer(entry, claims)
    _check_subject(entry, claims)
    _check_audiences(entry, claims, required=requires_audience)
    for condition in entry.conditions:
        _check_condition(condition, claims)
    _check_age(entry, claims, now)
    _check_life(entry, now)


def distance(refused: Refused) -> int:
    """How many checks a token had passed; the nearest miss has the most.

    -1 for a token that was refused before any trust was matched.
    """
    return CHECKS.index(refused.check) if refused.check in CHECKS else -1


def specificity(entry: Entry) -> tuple[int, ...]:
    """What says more about whom it lets in is greater."""
    return (
        int(entry.subject_match is SubjectMatch.EXACT),
        patterns.literal_length(entry.subject),
        len(entry.conditions),
        int(bool(entry.audiences)),
        int(entry.max_age is not None),
    )


def most_specific_first(trusts: Iterable[T], entry_of: Callable[[T], Entry]) -> list[T]:
    """The order in which to try trusts; those that say as much keep their own."""
    return sorted(trusts, key=lambda it: specificity(entry_of(it)), reverse=True)


def _check_issuer(entry: Entry, claims: VerifiedClaims) -> None:
    """Byte for byte: a slash at the end makes another issuer (contract 4.2)."""
    issuer = claims.get("iss", MISSING)
    if issuer != entry.issuer:
        raise _refused("issuer", "iss", [entry.issuer], issuer)


def _check_subject(entry: Entry, claims: VerifiedClaims) -> None:
    subject = claims.get("sub", MISSING)
    is_glob = entry.subject_match is SubjectMatch.GLOB
    compare = patterns.matches if is_glob else patterns.same
    if not isinstance(subject, str) or not compare(
        entry.subject, subject, ignore_case=entry.ignore_case
    ):
        raise _refused("subject", "sub", [entry.subject], subject, is_glob=is_glob)


def _check_audiences(entry: Entry, claims: VerifiedClaims, *, required: bool) -> None:
    """Every audience must be one that the trust names.

    A token that is also for others could be one that they were given, and pass on.
    """
    said = claims.get("aud", MISSING)
    audiences = _audiences(said)
    if audiences is None:
        raise Refused(
            f"claim aud {_said(said)}, neither a text nor a list of texts",
            check="audience",
            claim="aud",
            expected="a text, or a list of texts",
            actual=shown(said),
        )
    if not entry.audiences:
        if required:
            raise Refused("the trust names no audience", check="audience", claim="aud")
        return
    if not audiences or not set(audiences) <= set(entry.audiences):
        raise _refused("audience", "aud", entry.audiences, said)


def _audiences(said: Any) -> list[str] | None:
    """One text, or a list of texts (RFC 7519, section 4.1.3); None for aught else."""
    if said is MISSING:
        return []
    listed = said if isinstance(said, list) else [said]
    return listed if all(isinstance(audience, str) for audience in listed) else None


def _check_condition(condition: Condition, claims: VerifiedClaims) -> None:
    if not condition.holds(claims):
        raise _refused(
            "condition",
            condition.claim,
            condition.values,
            claim_at(claims, condition.claim),
            is_glob=condition.operator is Operator.GLOB,
        )


def _check_age(entry: Entry, claims: VerifiedClaims, now: datetime) -> None:
    if entry.max_age is None:
        return
    issued: Any = claims.get("iat")
    oldest = (now - LEEWAY).timestamp() - entry.max_age
    is_number = isinstance(issued, int | float) and not isinstance(issued, bool)
    # NaN is neither older nor younger than anything, so it has to be asked this way.
    if not is_number or not issued >= oldest:
        raise Refused(
            f"the token is older than {entry.max_age} seconds",
            check="age",
            claim="iat",
            expected=f"at most {entry.max_age} seconds ago",
            actual=shown(issued),
        )


def _check_life(entry: Entry, now: datetime) -> None:
    if not entry.enabled:
        raise Refused("the trust is disabled", check="enabled")
    if entry.expires_at is not None and entry.expires_at <= now:
        raise Refused(
            "the trust has ended",
            check="ended",
            expected=f"before {entry.expires_at.isoformat()}",
            actual=now.isoformat(),
        )


def _refused(
    check: str, claim: str, wanted: Sequence[Any], actual: Any, *, is_glob: bool = False
) -> Refused:
    expected = [shown(value) for value in wanted[:_MAX_LISTED]]
    texts = ", ".join(map(repr, expected))
    if len(wanted) > _MAX_LISTED:
        more = f"and {len(wanted) - _MAX_LISTED} more"
        expected, texts = [*expected, more], f"{texts} {more}"
    is_not = "not like" if is_glob else "not one of" if len(expected) > 1 else "not"
    return Refused(
        f"claim {shown(claim)} {_said(actual)}, {is_not} {texts}",
        check=check,
        claim=shown(claim),
        expected=expected[0] if len(expected) == 1 else expected,
        actual=None if actual is MISSING else shown(actual),
    )


def _said(actual: Any) -> str:
    if actual is MISSING:
        return "is missing"
    return f"is {shown(actual)!r}" if isinstance(actual, str) else f"is {shown(actual)}"
