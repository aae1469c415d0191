"""What the table of robot accounts shows beside each one, read for a whole page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone

from robots.admin.metadata import shown_json
from robots.grants import live_permissions
from robots.lifecycle.tokens import live_tokens
from robots.models import Robot, TeamMember
from robots.roles import Role

SHOWN_REPOSITORIES = 10
"""The most repositories that the detail of one robot names."""

COUNT = "repository_count"
"""What `with_repository_count` adds."""


class RowAction(NamedTuple):
    """One line of a row's menu. With `posts` it changes something at once."""

    title: str
    url: str
    posts: bool = False
    is_dangerous: bool = False


class NamedRole(NamedTuple):
    """A repository's name below its namespace, and the robot's role on it."""

    repository: str
    role: str


@dataclass(frozen=True, slots=True)
class Grants:
    """What one robot has: shown to who may audit its namespace, as over the API."""

    teams: Sequence[str]
    repositories: Sequence[NamedRole]
    repository_count: int
    authentication: Sequence[str]
    metadata: str

    @property
    def unnamed(self) -> int:
        """Repositories that `repositories` leaves out."""
        return self.repository_count - len(self.repositories)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a robot in the table; no `grants` for who only looks."""

    grants: Grants | None = None
    actions: Sequence[RowAction] = field(default_factory=tuple)


def with_repository_count(
    robots: QuerySet[Robot], namespaces: Iterable[int] | None
) -> QuerySet[Robot]:
    """Annotate `COUNT`; 0 outside `namespaces`, where they are given."""
    mine = live_permissions(timezone.now()).filter(robot=OuterRef("pk"))
    if namespaces is not None:
        mine = mine.filter(namespace__in=namespaces)
    counts = mine.order_by().values("robot").annotate(n=Count("pk")).values("n")
    number: Any = Subquery(counts, output_field=IntegerField())
    return robots.annotate(**{COUNT: Coalesce(number, 0)})


def grants_of(
    robots: Sequence[Robot], authentication: Mapping[int, Sequence[str]]
) -> dict[int, Grants]:
    """By the robot's key; two queries. The robots have been counted."""
    teams, repositories = teams_of(robots), first_repositories_of(robots)
    return {
        robot.pk: Grants(
            teams[robot.pk],
            repositories[robot.pk],
            getattr(robot, COUNT),
            authentication.get(robot.pk, ()),
            shown_json(robot.metadata) if robot.metadata else "",
        )
        for robot in robots
    }


def teams_of(robots: Sequence[Robot]) -> dict[int, list[str]]:
    """The names of each robot's teams."""
    rows = TeamMember.objects.filter(robot__in=robots).order_by("team__name")
    found: dict[int, list[str]] = defaultdict(list)
    for robot_id, name in rows.values_list("robot_id", "team__name"):
        found[robot_id or 0].append(name)
    return found


def first_repositories_of(robots: Sequence[Robot]) -> dict[int, list[NamedRole]]:
    """The first repositories of each robot by name, and its roles there."""
    place = Window(
        RowNumber(), partition_by=F("robot"), order_by=F("repository__name").asc()
    )
    rows = live_permissions(timezone.now()).filter(robot__in=robots)
    named = rows.annotate(place=place).filter(place__lte=SHOWN_REPOSITORIES)
    found: dict[int, list[NamedRole]] = defaultdict(list)
    for robot_id, name, role in named.order_by("robot", "place").values_list(
        "robot_id", "repository__name", "role"
    ):
        found[robot_id or 0].append(NamedRole(name, Role(role).label))
    return found


def origins_of(robots: Sequence[Robot]) -> dict[int, list[str]]:
    """The origins of each robot's live tokens, sorted the other way round."""
    rows = live_tokens(timezone.now()).filter(robot__in=robots).order_by("-origin")
    found: dict[int, list[str]] = defaultdict(list)
    for robot_id, origin in rows.values_list("robot_id", "origin").distinct():
        found[robot_id].append(origin)
    return found
