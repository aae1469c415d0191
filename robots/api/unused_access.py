"""What nobody of one namespace used: permissions page by page, robots and teams."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import NamespaceViewSet
from robots.api.errors import FrameworkError
from robots.api.paging import LIMIT, searched_page
from robots.api.rules import UNUSED_ACCESS, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.models import Namespace
from robots.moments import moment_text
from robots.plain_plans import plain_plans
from robots.unused import (
    DEFAULT_DAYS,
    MAX_DAYS,
    Period,
    counts,
    known_since,
    unused_permissions,
)
from robots.unused_rows import permission_row, robot_rows, team_rows

PER_PAGE = 100
"""Permissions of one page, where the caller does not say."""

_DAYS = f"How long it was not used: 1 to {MAX_DAYS} days, {DEFAULT_DAYS} by default."
_ROLES = ["read", "write", "admin"]
_KEPT = "Why a plan of removals leaves it as it is."


class UnusedPermissionReply(serializers.Serializer[Any]):
    """A permission that nobody used, or that allows more than was used."""

    namespace = serializers.CharField()
    repository = serializers.CharField(help_text="The name without the namespace.")
    is_public = serializers.BooleanField(help_text="Pulls need no permission.")
    grantee = serializers.CharField(
        help_text="`namespace+robot`, `team:NAME`, or a user name."
    )
    role = serializers.ChoiceField(_ROLES)
    used = serializers.ChoiceField(
        _ROLES, allow_null=True, help_text="The least role that was enough."
    )
    last_use = serializers.CharField(allow_null=True, help_text="RFC 3339.")
    until = serializers.CharField(allow_null=True, help_text="RFC 3339.")
    created_at = serializers.CharField(help_text="RFC 3339.")
    why_kept = serializers.CharField(allow_null=True, help_text=_KEPT)


class IdleRobotReply(serializers.Serializer[Any]):
    """A robot that could log in and did not."""

    name = serializers.CharField(help_text="The full name.")
    last_use = serializers.CharField(allow_null=True, help_text="RFC 3339.")
    created_at = serializers.CharField(help_text="RFC 3339.")
    why_kept = serializers.CharField(allow_null=True, help_text=_KEPT)


class EmptyTeamReply(serializers.Serializer[Any]):
    """A team without members, or one that gives its members nothing."""

    namespace = serializers.CharField()
    name = serializers.CharField()
    is_empty = serializers.BooleanField(help_text="It has no members.")
    gives_nothing = serializers.BooleanField(
        help_text="It has no permission, no default permission and no role."
    )


class UnusedCounts(serializers.Serializer[Any]):
    """How much there is, on all pages together."""

    unused = serializers.IntegerField(help_text="Permissions that nobody used.")
    wider = serializers.IntegerField(help_text="Permissions wider than their use.")
    robots = serializers.IntegerField()
    teams = serializers.IntegerField()


class UnusedAccess(serializers.Serializer[Any]):
    """The report; robots and teams are on the first page only."""

    days = serializers.IntegerField()
    begin = serializers.CharField(help_text="When the days began. RFC 3339.")
    known_since = serializers.CharField(
        allow_null=True,
        help_text="When the first use was written; what was used before is not known.",
    )
    counts = UnusedCounts()
    permissions = UnusedPermissionReply(many=True)
    robots = IdleRobotReply(many=True)
    teams = EmptyTeamReply(many=True)
    next_page = serializers.CharField(required=False)


class UnusedAccessViewSet(NamespaceViewSet):
    """The report about the organization, or about the caller's own namespace."""

    access: ClassVar[dict[str, Rule]] = {"list": UNUSED_ACCESS}

    @extend_schema(
        operation_id="getOrgUnusedAccess",
        parameters=[
            query("days", int, _DAYS),
            query("limit", int, LIMIT),
            NEXT_PAGE,
            query("q", str, "A part of a repository's name or of whom it is for."),
        ],
        responses=UnusedAccess,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List what nobody used for some days, and so could be taken away.

        What is younger than the days is left out. A use is a registry token that was
        issued for an action, or an action that a registry told of. `q` looks at
        permissions only.
        """
        days = queries.positive(request, "days", _DAYS) or DEFAULT_DAYS
        if days > MAX_DAYS:
            raise FrameworkError({"days": _DAYS})
        with plain_plans():
            return Response(self._report(request, Period.of(days)))

    def _report(self, request: Request, period: Period) -> dict[str, Any]:
        here = Namespace.objects.filter(pk=self.namespace.pk)
        found = unused_permissions(here, period)
        person = f"user__{get_user_model().USERNAME_FIELD}"
        searched = ("repository__name", "robot__name", "team__name", person)
        page = searched_page(
            found, request, searched, "repository__name", "pk", size=PER_PAGE
        )
        is_first = not request.query_params.get("next_page")
        robots = robot_rows(here, period) if is_first else ()
        teams = team_rows(here, period) if is_first else ()
        return {
            "days": period.days,
            "begin": moment_text(period.begin),
            "known_since": moment_text(known_since()),
            "counts": counts(here, period)._asdict(),
            "permissions": [permission_row(item).facts() for item in page.items],
            "robots": [row.facts() for row in robots],
            "teams": [row.facts() for row in teams],
            **page.rest(),
        }
