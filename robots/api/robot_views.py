"""How a robot account is shown: alone, in a list, and in the OpenAPI document."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from robots import credentials
from robots.api.formats import avatar_of, date
from robots.api.schema import Avatar
from robots.models import (
    RepositoryPermission,
    Robot,
    RobotToken,
    TeamMember,
    TokenOrigin,
)


def summary(robot: Robot) -> dict[str, Any]:
    """What is always shown."""
    return {
        "name": robot.full_name,
        "created": date(robot.created_at),
        "last_accessed": date(robot.last_used_at),
        "description": robot.description,
    }


def tokens_of(robots: Iterable[Robot]) -> dict[int, str]:
    """The newest readable static token of each robot, by the robot's key. One query."""
    tokens = RobotToken.objects.filter(
        robot__in=list(robots), origin=TokenOrigin.STATIC, sealed__isnull=False
    ).order_by("id")
    readable = {}
    for token in tokens:
        secret = credentials.unseal(bytes(token.sealed or b""), token.digest)
        if secret is not None:
            readable[token.robot_id] = secret.reveal()
    return readable


def teams_of(robots: Iterable[Robot]) -> Mapping[int, list[dict[str, Any]]]:
    """The teams of each robot, by the robot's key. One query."""
    teams = defaultdict(list)
    members = TeamMember.objects.filter(robot__in=list(robots))
    for member in members.select_related("team").order_by("team__name"):
        shown = {"name": member.team.name, "avatar": avatar_of(member.team)}
        teams[member.robot_id or 0].append(shown)
    return teams


def repositories_of(robots: Iterable[Robot]) -> Mapping[int, list[str]]:
    """The names of the repositories each robot has a permission on. One query."""
    repositories = defaultdict(list)
    permissions = RepositoryPermission.objects.filter(robot__in=list(robots))
    rows = permissions.order_by("repository__name").values_list(
        "robot_id", "repository__name"
    )
    for robot_id, name in rows:
        repositories[robot_id or 0].append(name)
    return repositories


class RobotTeam(serializers.Serializer[Any]):
    """A team that a robot is in."""

    name = serializers.CharField()
    avatar = Avatar()


class RobotReply(serializers.Serializer[Any]):
    """One robot account. `token` is there only for who may see it."""

    name = serializers.CharField(help_text="The full name, namespace+shortname.")
    created = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    last_accessed = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    description = serializers.CharField(allow_blank=True)
    token = serializers.CharField(required=False)
    unstructured_metadata = serializers.DictField(required=False, allow_null=True)


class RobotListItem(serializers.Serializer[Any]):
    """A robot account in a list."""

    name = serializers.CharField()
    created = serializers.CharField(allow_null=True)
    last_accessed = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    token = serializers.CharField(required=False)
    teams = RobotTeam(many=True, required=False)
    repositories = serializers.ListField(child=serializers.CharField(), required=False)


class RobotList(serializers.Serializer[Any]):
    """Some robot accounts, and where the next ones are."""

    robots = RobotListItem(many=True)
    next_page = serializers.CharField(required=False)
