"""How a default permission is shown; Quay's API calls it a prototype."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.members import account_name
from robots.api.schema import Avatar
from robots.models import DefaultPermission, Robot, Team
from robots.roles import Role


def default_permission_view(
    default: DefaultPermission, members: Collection[int]
) -> dict[str, Any]:
    """One default permission; `members` are the keys of the organization's people."""
    creator = default.creator_robot or default.creator_user
    grantee = default.robot or default.user
    return {
        "activating_user": creator and _account(creator, members),
        "delegate": _team(default.team) if default.team else _account(grantee, members),
        "role": Role(default.role).label,
        "id": str(default.uuid),
    }


def _account(account: Any, members: Collection[int]) -> dict[str, Any]:
    is_robot = isinstance(account, Robot)
    return {
        "name": account_name(account),
        "is_robot": is_robot,
        "kind": "user",
        "is_org_member": is_robot or account.pk in members,
        "avatar": avatar_of(account),
    }


def _team(team: Team) -> dict[str, Any]:
    return {"name": team.name, "kind": "team", "avatar": avatar_of(team)}


class CreatorReply(serializers.Serializer[Any]):
    """Whose new repositories it holds for."""

    name = serializers.CharField()
    is_robot = serializers.BooleanField()
    kind = serializers.ChoiceField(["user"])
    is_org_member = serializers.BooleanField()
    avatar = Avatar()


class DelegateReply(serializers.Serializer[Any]):
    """Whom it grants the role: a person or a robot (`user`), or a team."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["user", "team"])
    is_robot = serializers.BooleanField(required=False, help_text="Not of teams.")
    is_org_member = serializers.BooleanField(required=False, help_text="Not of teams.")
    avatar = Avatar()


class DefaultPermissionReply(serializers.Serializer[Any]):
    """One default permission."""

    activating_user = CreatorReply(allow_null=True)
    delegate = DelegateReply()
    role = serializers.ChoiceField(Role.labels)
    id = serializers.UUIDField()


class DefaultPermissionList(serializers.Serializer[Any]):
    """Some default permissions, and where the next ones are."""

    prototypes = DefaultPermissionReply(many=True)
    next_page = serializers.CharField(required=False)
