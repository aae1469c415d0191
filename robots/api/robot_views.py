"""How a robot account is shown: alone, in a list, and in the OpenAPI document."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from robots.api.formats import avatar, date
from robots.api.schema import Avatar
from robots.grants import live_permissions
from robots.lifecycle.token_reading import readable_tokens, unsealed
from robots.models import Robot, TeamMember
from robots.moments import moment_text

_MAX_KEYS = 10_000
"""Keys that a query may list; databases take no endless number of parameters."""


def summary(robot: Robot) -> dict[str, Any]:
    """What is always shown."""
    return {
        "name": robot.full_name,
        "created": date(robot.created_at),
        "last_accessed": date(robot.last_used_at),
        "description": robot.description,
    }


def extended(robot: Robot) -> dict[str, Any]:
    """What is shown beyond Quay's keys, of a robot alone."""
    return {
        "unstructured_metadata": robot.metadata,
        "enabled": robot.enabled,
        "expires_at": moment_text(robot.expires_at),
    }


def tokens_of(robots: Sequence[Robot]) -> dict[int, str]:
    """The newest readable, live static token of each robot, by its key. One query."""
    found = unsealed(_of(robots, readable_tokens()))
    return {robot_id: secret.reveal() for robot_id, secret in found.items()}


def teams_of(robots: Sequence[Robot]) -> Mapping[int, list[dict[str, Any]]]:
    """The teams of each robot, by the robot's key. One query."""
    teams: dict[int, list[dict[str, Any]]] = defaultdict(list)
    members = _of(robots, TeamMember.objects.filter(team__namespace__in=_here(robots)))
    shown: dict[str, dict[str, Any]] = {}
    for robot_id, name in members.order_by("team__name").values_list(
        "robot_id", "team__name"
    ):
        if name not in shown:
            shown[name] = {"name": name, "avatar": avatar(name, "team")}
        teams[robot_id or 0].append(shown[name])
    return teams


def repositories_of(robots: Sequence[Robot]) -> Mapping[int, list[str]]:
    """The names of the repositories each robot has a permission on. One query."""
    repositories = defaultdict(list)
    here = live_permissions(timezone.now()).filter(
        repository__namespace__in=_here(robots)
    )
    # For an order SQLite would go through all repositories of the namespace.
    rows = _of(robots, here).order_by()
    for robot_id, name in rows.values_list("robot_id", "repository__name"):
        repositories[robot_id or 0].append(name)
    for names in repositories.values():
        names.sort()
    return repositories


def _of(robots: Sequence[Robot], rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of `robots`, which are of one namespace; of all there, if many."""
    if len(robots) <= _MAX_KEYS:
        return rows.filter(robot__in=[robot.pk for robot in robots])
    return rows.filter(robot__namespace=robots[0].namespace_id)


def _here(robots: Sequence[Robot]) -> set[int]:
    """Namespaces of `robots`, for the database: else it reads rows of all of them."""
    return {robot.namespace_id for robot in robots}


class RobotTeam(serializers.Serializer[Any]):
    """A team that a robot is in."""

    name = serializers.CharField()
    avatar = Avatar()


class RobotListItem(serializers.Serializer[Any]):
    """A robot account in a list; `token` is there only for who may see it."""

    name = serializers.CharField(help_text="The full name, namespace+shortname.")
    created = serializers.CharField(help_text="RFC 2822.")
    last_accessed = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    description = serializers.CharField(allow_blank=True)
    token = serializers.CharField(required=False)
    teams = RobotTeam(many=True, required=False)
    repositories = serializers.ListField(child=serializers.CharField(), required=False)


class RobotList(serializers.Serializer[Any]):
    """Some robot accounts, and where the next ones are."""

    robots = RobotListItem(many=True)
    next_page = serializers.CharField(required=False)


class RobotWithToken(serializers.Serializer[Any]):
    """A robot account whose token was made just now."""

    name = serializers.CharField(help_text="The full name, namespace+shortname.")
    created = serializers.CharField(help_text="RFC 2822.")
    last_accessed = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    description = serializers.CharField(allow_blank=True)
    token = serializers.CharField()


class NewRobot(RobotWithToken):
    """A robot account just created; the metadata as they were sent."""

    unstructured_metadata = serializers.DictField(allow_null=True)


class RobotReply(RobotWithToken):
    """One robot account; `token` is there only for who may see it."""

    token = serializers.CharField(required=False)
    unstructured_metadata = serializers.DictField()
    enabled = serializers.BooleanField(help_text="While off, no token works.")
    expires_at = serializers.CharField(allow_null=True, help_text="RFC 3339.")
