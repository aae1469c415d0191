"""Several roles on many repositories at once, stored only as they were reviewed."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db import transaction

from robots.audit import Performer
from robots.errors import DomainError
from robots.lifecycle.bulk_permissions import Plan, Wanted, change_permissions
from robots.lifecycle.permission_sets import ChangedMeanwhile
from robots.lifecycle.permissions import Grantee
from robots.models import Namespace
from robots.selection import Selection


class Part(NamedTuple):
    """What is wanted, and on which repositories."""

    selection: Selection
    wanted: Wanted


class Outdated(DomainError):
    """What would be done is no longer what was reviewed."""

    def __init__(self) -> None:
        super().__init__(
            "Repositories or permissions have changed meanwhile. Nothing was stored"
        )


def review(
    namespace: Namespace, grantee: Grantee, parts: Sequence[Part], by: Performer
) -> list[Plan]:
    """What `save_reviewed` would do now, part by part; changes nothing.

    No repository may be in two parts. Raises what `change_permissions` raises.
    """
    return _done(namespace, grantee, parts, by, dry_run=True)


def save_reviewed(
    namespace: Namespace,
    grantee: Grantee,
    parts: Sequence[Part],
    by: Performer,
    seen: str,
) -> list[Plan]:
    """Do every part or nothing, with one audit event for each part that changes rows.

    `seen` is the fingerprint of the plans that the person agreed to. Raises Outdated
    if what is done differs from them, and what `change_permissions` raises.
    """
    try:
        with transaction.atomic():
            made = _done(namespace, grantee, parts, by, dry_run=False)
            # Compared afterwards, as only then the rows are locked.
            if fingerprint(made) != seen:
                raise Outdated
    except ChangedMeanwhile:
        raise Outdated from None
    return made


def fingerprint(plans: Sequence[Plan]) -> str:
    """The same for the same changes, whatever else was selected. 64 hex digits."""
    digest = hashlib.sha256()
    for line in sorted(line for plan in plans for line in _lines(plan)):
        digest.update(line.encode())
    return digest.hexdigest()


def _done(
    namespace: Namespace,
    grantee: Grantee,
    parts: Sequence[Part],
    by: Performer,
    *,
    dry_run: bool,
) -> list[Plan]:
    return [
        change_permissions(
            namespace, grantee, part.selection, part.wanted, by, dry_run=dry_run
        )
        for part in parts
    ]


def _lines(plan: Plan) -> Iterator[str]:
    """A line for each repository that changes; times as the database compares them."""
    wanted = plan.wanted
    end = wanted.until.timestamp() if wanted.until else None
    for step in (*plan.added, *plan.changed, *plan.removed):
        held = step.held
        until = held.until.timestamp() if held and held.until else None
        role = held.role.value if held else None
        yield f"{step.repository_id} {role} {until} {wanted.role_name} {end}\n"
