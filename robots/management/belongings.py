"""What a robot's deletion takes along."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CASCADE, ManyToOneRel

from robots.management.grantees import facts_of, words_for
from robots.models import RepositoryPermission, Robot, RobotToken, TeamMember

_MOST_LISTED = 20
"""Permissions that are shown to people one by one; --json has them all."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """Tokens by origin, teams by name, permissions, and counts of all other rows."""

    tokens: dict[str, int]
    teams: list[str]
    permissions: list[RepositoryPermission]
    others: dict[str, int]

    def facts(self) -> dict[str, Any]:
        """For --json."""
        return {
            "tokens": self.tokens,
            "teams": self.teams,
            "permissions": [
                {"repository": permission.repository.full_name, **facts_of(permission)}
                for permission in self.permissions
            ],
            "others": self.others,
        }

    def text(self) -> str:
        """For people, one indented line for each sort of thing."""
        lines = {
            "tokens": [f"{count} {origin}" for origin, count in self.tokens.items()],
            "memberships": [f"team {team}" for team in self.teams],
            "permissions": list(self._permission_words()),
            **{noun: [str(count)] for noun, count in self.others.items()},
        }
        return "\n".join(
            f"  {noun}: {', '.join(items) or 'none'}" for noun, items in lines.items()
        )

    def _permission_words(self) -> Iterator[str]:
        for permission in self.permissions[:_MOST_LISTED]:
            yield f"{words_for(permission)} on {permission.repository.full_name}"
        if more := len(self.permissions[_MOST_LISTED:]):
            yield f"and {more} more"


def belongings_of(robot: Robot) -> Belongings:
    """Everything that the database deletes with `robot`."""
    return Belongings(
        tokens=dict(Counter(robot.tokens.values_list("origin", flat=True))),
        teams=sorted(robot.team_memberships.values_list("team__name", flat=True)),
        permissions=list(
            robot.repository_permissions.select_related(
                "repository__namespace"
            ).order_by("repository__name")
        ),
        others=_others(robot),
    )


def _others(robot: Robot) -> dict[str, int]:
    """Rows of any other table, other apps' included, by what their model calls them."""
    counts: Counter[str] = Counter()
    named = (RobotToken, TeamMember, RepositoryPermission)
    for relation in Robot._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel) or relation.on_delete is not CASCADE:
            continue
        model = relation.related_model
        if model in named or isinstance(model, str):
            continue
        rows = model._default_manager.filter(**{relation.field.name: robot})
        counts[str(model._meta.verbose_name_plural)] += rows.count()
    return {noun: count for noun, count in counts.items() if count}
