"""How an organization is shown: to anybody, to its members, to who runs it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, QuerySet
from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.members import permissions_in
from robots.api.schema import Avatar
from robots.models import Namespace, Team, TeamMember
from robots.roles import TeamRole
from robots.standing import Standing


def organization_view(
    namespace: Namespace,
    caller_standing: Standing,
    with_teams: bool = True,
    *,
    user_id: int | None = None,
) -> dict[str, Any]:
    """An organization as its caller, whose key is `user_id`, may see it.

    `with_teams=False` shows empty teams to everybody, and asks the database nothing.
    """
    is_admin = caller_standing.may_audit
    is_member = caller_standing.is_member or is_admin
    shown: dict[str, Any] = {
        "name": namespace.name,
        "email": namespace.email if is_admin else "",
        "avatar": avatar_of(namespace),
        "is_admin": is_admin,
        "is_member": is_member,
    }
    if not with_teams:
        shown |= {"teams": {}, "ordered_teams": []}
    elif is_member:
        shown |= _teams(namespace, None if is_admin else user_id or 0)
    return shown | _for_admins(namespace) if is_admin else shown


def _for_admins(namespace: Namespace) -> dict[str, Any]:
    return {
        "invoice_email": namespace.invoice_email,
        "invoice_email_address": namespace.invoice_email_address or None,
        "tag_expiration_s": namespace.tag_expiration_s,
        "is_free_account": True,
    }


def _teams(namespace: Namespace, viewer: int | None) -> dict[str, Any]:
    """Every team, in the order they were made; `viewer` None may look into all."""
    teams = list(Team.objects.filter(namespace=namespace).order_by("id"))
    members = _counts(TeamMember.objects.filter(namespace=namespace))
    repositories = _counts(permissions_in(namespace).filter(team__isnull=False))
    seen = None if viewer is None else _teams_of(namespace, viewer)
    shown = {
        team.name: {
            "name": team.name,
            "description": team.description,
            "role": TeamRole(team.role).label,
            "avatar": avatar_of(team),
            "can_view": seen is None or team.pk in seen,
            "repo_count": repositories.get(team.pk, 0),
            "member_count": members.get(team.pk, 0),
            "is_synced": False,
        }
        for team in teams
    }
    return {"teams": shown, "ordered_teams": [team.name for team in teams]}


def _counts(rows: QuerySet[Any]) -> Mapping[int, int]:
    """How many of `rows` each team has, by the team's key. One query."""
    return dict(rows.order_by().values_list("team_id").annotate(Count("id")))


def _teams_of(namespace: Namespace, user_id: int) -> frozenset[int]:
    rows: Iterable[int] = TeamMember.objects.filter(
        namespace=namespace, user=user_id
    ).values_list("team_id", flat=True)
    return frozenset(rows)


class OrganizationTeam(serializers.Serializer[Any]):
    """A team, as its organization lists it."""

    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    role = serializers.ChoiceField(TeamRole.labels)
    avatar = Avatar()
    can_view = serializers.BooleanField(help_text="Whether the caller sees members.")
    repo_count = serializers.IntegerField()
    member_count = serializers.IntegerField()
    is_synced = serializers.BooleanField()


class OrganizationReply(serializers.Serializer[Any]):
    """An organization. Teams are there for members, the rest for administrators."""

    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True, help_text="Empty but for admins.")
    avatar = Avatar()
    is_admin = serializers.BooleanField()
    is_member = serializers.BooleanField()
    teams = serializers.DictField(child=OrganizationTeam(), required=False)
    ordered_teams = serializers.ListField(child=serializers.CharField(), required=False)
    invoice_email = serializers.BooleanField(required=False)
    invoice_email_address = serializers.CharField(required=False, allow_null=True)
    tag_expiration_s = serializers.IntegerField(required=False)
    is_free_account = serializers.BooleanField(required=False)
