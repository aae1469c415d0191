"""What saving would change, as the review shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from robots.lifecycle.bulk_permissions import Plan, Step
from robots.lifecycle.reviewed_permissions import fingerprint
from robots.roles import Role

MAX_SHOWN = 100
"""Repositories that each kind of change lists; all of them are counted."""


class Grant(NamedTuple):
    """A role, if any, and its end."""

    role: Role | None
    until: datetime | None

    @property
    def role_name(self) -> str:
        return "None" if self.role is None else self.role.label.title()

    @property
    def ended(self) -> bool:
        return self.until is not None and self.until <= timezone.now()


class Change(NamedTuple):
    """What becomes of the permission on one repository."""

    name: str
    before: Grant
    after: Grant


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of one kind, sorted by name; `count` is that of all of them."""

    title: str
    badge: str
    count: int
    changes: Sequence[Change]

    @property
    def more(self) -> int:
        return self.count - len(self.changes)


@dataclass(frozen=True, slots=True)
class Preview:
    """The groups that are not empty, and what tells these changes from others."""

    groups: Sequence[Group]
    unchanged: int
    seen: str

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> "Preview":
        added = [_change(plan, step) for plan in plans for step in plan.added]
        changed = [_change(plan, step) for plan in plans for step in plan.changed]
        removed = [_change(plan, step) for plan in plans for step in plan.removed]
        groups = [
            _group("Added", "qs-badge--good", added),
            _group("Changed", "qs-badge--warning", changed),
            _group("Removed", "qs-badge--bad", removed),
        ]
        unchanged = sum(len(plan.unchanged) for plan in plans)
        shown = [group for group in groups if group.count]
        return cls(shown, unchanged, fingerprint(plans))

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)


def _group(title: str, badge: str, changes: Sequence[Change]) -> Group:
    listed = sorted(changes, key=lambda change: change.name)[:MAX_SHOWN]
    return Group(title, badge, len(changes), listed)


def _change(plan: Plan, step: Step) -> Change:
    held = step.held
    before = Grant(held.role, held.until) if held else Grant(None, None)
    return Change(step.name, before, Grant(plan.wanted.role, plan.wanted.until))
