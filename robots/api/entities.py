"""Completion of names: the people, robots and teams that a prefix may mean."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import ApiViewSet
from robots.api.formats import avatar_of
from robots.api.listing import MAX_TEXT, may_list, people
from robots.api.rules import SIGNED_IN, Rule
from robots.api.schema import Avatar, query
from robots.models import Namespace, Robot, Team, TeamMember
from robots.standing import Standing, standing_in
from robots.text import is_storable

MAX_OF_A_KIND = 10

Hits = list[dict[str, Any]]


class Entity(serializers.Serializer[Any]):
    """Who or what a name may mean."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["user", "team", "org"])
    is_robot = serializers.BooleanField(
        required=False, help_text="Of people and robots."
    )
    avatar = Avatar()
    is_org_member = serializers.BooleanField(
        required=False, help_text="Where the caller may list the organization."
    )


class EntityList(serializers.Serializer[Any]):
    """At most ten of each kind."""

    results = Entity(many=True)


class EntityViewSet(ApiViewSet):
    """People by the beginning of their names; with a namespace, what is in it too."""

    access: ClassVar[dict[str, Rule]] = {"list": SIGNED_IN}

    @extend_schema(
        operation_id="getMatchingEntities",
        parameters=[
            query("namespace", str, "Also look among its robots, and know members."),
            query("includeTeams", bool, "Look among the namespace's teams too."),
            query("includeOrgs", bool, "Look at the namespace itself, to its admins."),
        ],
        responses=EntityList,
    )
    def list(self, request: Request, prefix: str) -> Response:
        """List the people, robots and teams whose names begin so."""
        standing = self._listed(queries.text(request, "namespace"))
        start = prefix.replace(" ", "").lower()
        if not start or not is_storable(start) or len(start) > MAX_TEXT:
            return Response({"results": []})
        results: Hits = []
        if standing is not None and queries.flag(request, "includeTeams"):
            results += teams(standing.namespace, start)
        if standing is not None:
            results += robots(standing.namespace, start)
        results += users(standing.namespace if standing else None, start)
        if standing is not None and queries.flag(request, "includeOrgs"):
            results += organizations(standing, start)
        return Response({"results": results})

    def _listed(self, name: str) -> Standing | None:
        """The standing in the namespace, if the caller may know who is in it."""
        identity = self.caller.identity
        standing = standing_in(identity, name)
        if standing is None or not may_list(identity, standing):
            return None
        return standing


def teams(namespace: Namespace, start: str) -> Hits:
    """Teams of the namespace."""
    found = Team.objects.filter(namespace=namespace, name__startswith=start)
    return [
        {
            "name": team.name,
            "kind": "team",
            "is_org_member": True,
            "avatar": avatar_of(team),
        }
        for team in found.order_by("name")[:MAX_OF_A_KIND]
    ]


def robots(namespace: Namespace, start: str) -> Hits:
    """Robots of the namespace, by their short name or by all of it."""
    short = start.removeprefix(f"{namespace.name}+")
    found = Robot.objects.filter(namespace=namespace, name__startswith=short)
    found = found.select_related("namespace").order_by("name")
    return [
        _member_key(
            namespace,
            {
                "name": robot.full_name,
                "kind": "user",
                "is_robot": True,
                "avatar": avatar_of(robot),
            },
            True,
        )
        for robot in found[:MAX_OF_A_KIND]
    ]


def users(namespace: Namespace | None, start: str) -> Hits:
    """People of the whole site, members of the namespace first."""
    field = get_user_model().USERNAME_FIELD
    here = TeamMember.objects.filter(
        namespace=namespace.pk if namespace else 0, user=OuterRef("pk")
    )
    found = people().filter(**{f"{field}__startswith": start})
    found = found.annotate(belongs=Exists(here)).order_by("-belongs", field)
    return [
        _member_key(
            namespace,
            {
                "name": user.get_username(),
                "kind": "user",
                "is_robot": False,
                "avatar": avatar_of(user),
            },
            bool(vars(user)["belongs"]),
        )
        for user in found[:MAX_OF_A_KIND]
    ]


def organizations(standing: Standing, start: str) -> Hits:
    """The organization itself, for its administrators."""
    namespace = standing.namespace
    wanted = namespace.is_organization and namespace.name.startswith(start)
    if not (wanted and standing.is_admin):
        return []
    return [
        {
            "name": namespace.name,
            "kind": "org",
            "is_org_member": True,
            "avatar": avatar_of(namespace),
        }
    ]


def _member_key(
    namespace: Namespace | None, shown: dict[str, Any], belongs: bool
) -> dict[str, Any]:
    """Whether somebody belongs to the namespace is said of organizations only."""
    if namespace is None or not namespace.is_organization:
        return shown
    return {**shown, "is_org_member": belongs}
