"""How a repository permission is shown, and how the OpenAPI document tells of it."""

from collections.abc import Container
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.members import account_name, member_ids
from robots.api.schema import Avatar
from robots.models import Namespace, RepositoryPermission, Robot, Team
from robots.roles import Role, Visibility


def members_of(namespace: Namespace) -> frozenset[int] | None:
    """The people in `namespace`; None for a personal one, which has no members."""
    return member_ids(namespace) if namespace.is_organization else None


def of_account(
    account: Robot | AbstractBaseUser, role: Role, members: Container[int] | None
) -> dict[str, Any]:
    """A person's or robot's permission; `members` as `members_of` answers."""
    is_robot = isinstance(account, Robot)
    shown = {
        "role": role.label,
        "name": account_name(account),
        "is_robot": is_robot,
        "avatar": avatar_of(account),
    }
    if members is not None:
        shown["is_org_member"] = is_robot or account.pk in members
    return shown


def of_team(team: Team, role: Role) -> dict[str, Any]:
    """A team's permission."""
    return {"role": role.label, "name": team.name, "avatar": avatar_of(team)}


def on_repository(row: RepositoryPermission) -> dict[str, Any]:
    """A permission of somebody known already, by where it is."""
    repository = row.repository
    return {
        "repository": {
            "name": repository.name,
            "is_public": repository.visibility == Visibility.PUBLIC,
        },
        "role": Role(row.role).label,
    }


class RoleReply(serializers.Serializer[Any]):
    """A role, and nothing else."""

    role = serializers.ChoiceField(Role.labels)


class RoleList(serializers.Serializer[Any]):
    """Every role that somebody has, from each source of it."""

    permissions = RoleReply(many=True)


class TeamPermission(RoleReply):
    """A team's permission."""

    name = serializers.CharField()
    avatar = Avatar()


class UserPermission(RoleReply):
    """A person's or robot's permission."""

    name = serializers.CharField(help_text="Of a robot, namespace+shortname.")
    is_robot = serializers.BooleanField()
    avatar = Avatar()
    is_org_member = serializers.BooleanField(
        required=False, help_text="Only where the namespace is an organization."
    )


class UserPermissionMap(serializers.Serializer[Any]):
    """The permissions of people and robots, by name."""

    permissions = serializers.DictField(child=UserPermission())
    next_page = serializers.CharField(required=False)


class TeamPermissionMap(serializers.Serializer[Any]):
    """The permissions of teams, by name."""

    permissions = serializers.DictField(child=TeamPermission())
    next_page = serializers.CharField(required=False)
