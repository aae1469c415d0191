"""Tokens that are used up, or bound to whoever used them first (S-21).

One row for a token and its issuer, on which a unique constraint decides a race.
"""

import hashlib
import json
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db import models

from federation import conf
from federation.admission import Admission
from federation.assertions import LEEWAY
from federation.entries import Entry
from federation.errors import Refused
from federation.models import UsedAssertion
from robots.prepared import Parameter, PreparedQuery
from robots.prepared_writes import Values

USED = "the token was used before"


class Used(NamedTuple):
    """By whom a token was used, and from where, if it is bound to that."""

    robot_id: int | None
    source: str


def is_single_use(entry: Entry) -> bool:
    return entry.single_use or conf.single_use()


def use(admission: Admission, source: str = "") -> Values:
    """The row that says that a token is used: up, or from the address `source` only.

    There can be one for a token. Write it before anything is minted, with what mints.
    """
    return {
        "digest": digest(admission),
        "robot_id": admission.robot.pk,
        "source": source,
        "expires_at": usable_until(admission),
    }


def used(admission: Admission, using: str | None = None) -> Used | None:
    """How the token was used before; None if it was not, or need not be kept.

    `using` names the database to ask, in place of the one for reading.
    """
    rows = _query().rows({"digest": digest(admission)}, using)
    return Used._make(rows[0]) if rows else None


def check_bound(admission: Admission, source: str, before: Used) -> None:
    """Raise Refused unless a token is used again by whom it is bound to."""
    if not is_single_use(admission.trust.entry):
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
    if not is_single_use(admission.trust.entry):
        # Then each robot has a use of its own to keep: the first one is audited.
        named.append(admission.robot.pk)
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def usable_until(admission: Admission) -> datetime:
    """When the token is past its time, and our patience with clocks."""
    return admission.peeked.expires_at + LEEWAY


@cache
def _query() -> PreparedQuery:
    digest = Parameter("digest", models.CharField())
    rows = UsedAssertion.objects.filter(digest=digest).values_list("robot_id", "source")
    return PreparedQuery(UsedAssertion, lambda: rows)
