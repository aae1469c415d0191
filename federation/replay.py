"""Tokens that are used up, or bound to whoever used them first (S-21).

One row for a token and its issuer, on which a unique constraint decides a race.
"""

import hashlib
import json
from datetime import datetime

from federation import conf
from federation.admission import Admission
from federation.assertions import LEEWAY
from federation.errors import Refused
from federation.models import Trust, UsedAssertion

USED = "the token was used before"


def is_single_use(trust: Trust) -> bool:
    return trust.single_use or conf.single_use()


def use_up(admission: Admission) -> None:
    """Take a token of a single-use trust; of another one, do nothing.

    Call it before anything is minted, in the transaction that mints. Raises
    IntegrityError, and with it ends the transaction, if the token was used before.
    """
    if is_single_use(admission.trust):
        _new(admission, source="").save(force_insert=True)


def bind(admission: Admission, source: str) -> None:
    """Bind a token to its robot and the address it is used from. As `use_up`."""
    _new(admission, source).save(force_insert=True)


def used(admission: Admission) -> UsedAssertion | None:
    """How the token was used before; None if it was not, or need not be kept."""
    return UsedAssertion.objects.filter(digest=digest(admission)).first()


def check_bound(admission: Admission, source: str, before: UsedAssertion) -> None:
    """Raise Refused unless a token is used again by whom it is bound to."""
    if not is_single_use(admission.trust):
        return
    if before.robot_id != admission.robot.pk or before.source != source:
        raise Refused(f"{USED}, elsewhere or by an exchange", check="replay")


def digest(admission: Admission) -> str:
    """What names a token: issuer, its key and `jti`, or all of it that is signed.

    The key, since a trust may bring keys of its own: whoever has made those up must
    not use up a `jti` of the true issuer. Not the signature: one of ECDSA can be
    turned into another one that is valid too, and the token would pass for a new one.
    """
    signed = admission.peeked.token.reveal().rpartition(".")[0]
    name = admission.claims.get("jti", signed)
    named = [admission.peeked.issuer, admission.key.fingerprint, name]
    if not is_single_use(admission.trust):
        # Then each robot has a use of its own to keep: the first one is audited.
        named.append(admission.robot.pk)
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def usable_until(admission: Admission) -> datetime:
    """When the token is past its time, and our patience with clocks."""
    return admission.peeked.expires_at + LEEWAY


def _new(admission: Admission, source: str) -> UsedAssertion:
    return UsedAssertion(
        digest=digest(admission),
        robot=admission.robot,
        source=source,
        expires_at=usable_until(admission),
    )
