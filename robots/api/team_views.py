"""How a team, its members and its permissions are shown."""

from typing import Any

from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.members import Account, account_name
from robots.api.schema import Avatar
from robots.models import Robot, Team, TeamMember
from robots.roles import Role, TeamRole


def team_view(team: Team, is_new: bool) -> dict[str, Any]:
    """A team, to who just made or changed it."""
    return {
        "name": team.name,
        "description": team.description,
        "can_view": True,
        "role": TeamRole(team.role).label,
        "avatar": avatar_of(team),
        "new_team": is_new,
    }


def member_view(member: Account) -> dict[str, Any]:
    """A person or robot in a team; nobody is ever invited first."""
    return {
        "name": account_name(member),
        "kind": "user",
        "is_robot": isinstance(member, Robot),
        "avatar": avatar_of(member),
        "invited": False,
    }


def member_of(row: TeamMember) -> Account:
    """Whom a membership is about. Raises TypeError for a row that names nobody."""
    member = row.robot or row.user
    if member is None:
        raise TypeError("a membership names nobody")
    return member


class TeamReply(serializers.Serializer[Any]):
    """A team that was just made or changed."""

    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    can_view = serializers.BooleanField()
    role = serializers.ChoiceField(TeamRole.labels)
    avatar = Avatar()
    new_team = serializers.BooleanField()


class TeamMemberReply(serializers.Serializer[Any]):
    """A member of a team. `kind` is `user` for robots too."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["user"])
    is_robot = serializers.BooleanField()
    avatar = Avatar()
    invited = serializers.BooleanField(help_text="Always false.")


class TeamMemberList(serializers.Serializer[Any]):
    """Some members of a team, and where the next ones are."""

    name = serializers.CharField(help_text="The team's.")
    members = TeamMemberReply(many=True)
    can_edit = serializers.BooleanField()
    next_page = serializers.CharField(required=False)


class TeamRepository(serializers.Serializer[Any]):
    """A repository that a team has a permission on."""

    name = serializers.CharField()
    is_public = serializers.BooleanField()


class TeamRepositoryPermission(serializers.Serializer[Any]):
    """One permission of a team."""

    repository = TeamRepository()
    role = serializers.ChoiceField(Role.labels)


class TeamPermissionList(serializers.Serializer[Any]):
    """Some permissions of a team, and where the next ones are."""

    permissions = TeamRepositoryPermission(many=True)
    next_page = serializers.CharField(required=False)
