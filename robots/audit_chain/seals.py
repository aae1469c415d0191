"""A stored seal, and what it must be: the one place where seals are made and judged."""

import hmac
from datetime import datetime
from typing import NamedTuple

from robots import keyring
from robots.audit_chain import digests
from robots.audit_chain.digests import Header
from robots.models import AuditSeal

PURPOSE = "audit seals"
"""Of the subkey: whoever can write to the database alone does not have it."""


class Covered(NamedTuple):
    """The events of a new seal: their ids and digests, in order; at least one."""

    leaves: list[tuple[int, bytes]]
    purged_event: int | None = None


def made(last: AuditSeal | None, covered: Covered, now: datetime) -> AuditSeal:
    """The seal that comes after `last`, not saved."""
    key = keyring.current_key(PURPOSE)
    leaves = digests.packed(covered.leaves)
    header = Header(
        number=last.number + 1 if last else 1,
        previous=last.hash if last else "",
        first_event=covered.leaves[0][0],
        last_event=covered.leaves[-1][0],
        event_count=len(covered.leaves),
        digest=digests.list_digest(leaves),
        purged_event=covered.purged_event,
        sealed_at=now,
        key_id=digests.key_id(key),
    )
    mac = header.mac(key)
    return AuditSeal(**header._asdict(), leaves=leaves, mac=mac, hash=header.hash(mac))


def header_of(seal: AuditSeal) -> Header:
    return Header(*(getattr(seal, name) for name in Header._fields))


def is_whole(seal: AuditSeal) -> bool:
    """Whether its hash is that of what it says."""
    return hmac.compare_digest(
        seal.hash.encode(), header_of(seal).hash(seal.mac).encode()
    )


def last_root_key() -> str | None:
    """The id of the root key of the last seal; None without a seal, or that key.

    The chain is extended only while its last seal can be checked.
    """
    of = AuditSeal.objects.order_by("-number").values_list("key_id", flat=True).first()
    for root_id, key in zip(keyring.key_ids(), keyring.keys(PURPOSE), strict=True):
        if digests.key_id(key) == of:
            return root_id
    return None


def is_ours(seal: AuditSeal) -> bool | None:
    """Whether one of our keys made it; None if its key is not configured any more."""
    for key in keyring.keys(PURPOSE):
        if digests.key_id(key) == seal.key_id:
            mac = header_of(seal).mac(key)
            return hmac.compare_digest(mac.encode(), seal.mac.encode())
    return None
