"""Teams of an organization: made and deleted, their members, their permissions."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import no_content
from robots.api.bodies import Body, Choice, Text, optional
from robots.api.errors import ApiError, DataModelError, Missing
from robots.api.members import permissions_in
from robots.api.organization_scope import OrganizationScope, username_path
from robots.api.paging import page_of
from robots.api.permission_views import on_repository
from robots.api.rules import NAMESPACE_ADMIN, NAMESPACE_AUDIT, TEAM_MEMBER, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.api.team_views import (
    TeamMemberList,
    TeamMemberReply,
    TeamPermissionList,
    TeamReply,
    member_of,
    member_view,
    team_view,
)
from robots.errors import DomainError, NotFound
from robots.lifecycle.teams import add_member, delete_team, remove_member, set_team
from robots.lookup import team_named
from robots.models import Robot, Team, TeamMember
from robots.names import simple_name_issue
from robots.roles import TeamRole
from robots.text import MAX_TEAM_DESCRIPTION

_MEMBER_LIMIT = "If specified, the number of members to return."
_PERMISSION_LIMIT = "If specified, the number of permissions to return."
_FOREIGN = (
    "Cannot add the specified robot to this team,"
    " as it is not a member of the organization"
)


class TeamBody(Body):
    """A team's role, and what it is for."""

    role = Choice(TeamRole.labels)
    description = Text(required=False, max_length=MAX_TEAM_DESCRIPTION)


class NoBody(Body):
    """An object whose keys are not looked at."""


class TeamScope(OrganizationScope):
    """A view of the team that the path names."""

    @cached_property
    def team(self) -> Team:
        """The stored team; Missing if there is none."""
        try:
            team = team_named(self.namespace, self.kwargs["teamname"])
        except NotFound:
            raise Missing from None
        team.namespace = self.namespace
        return team

    @property
    def is_in_team(self) -> bool:
        """Whether the caller is a member, as far as the ceiling goes. One query."""
        name = self.kwargs["teamname"]
        if not self.standing.is_member or simple_name_issue(name, "Team"):
            return False
        mine = TeamMember.objects.filter(user=self.caller.identity.id)
        return mine.filter(namespace=self.namespace, team__name=name).exists()


class TeamViewSet(TeamScope):
    """Make, change and delete a team; read its permissions."""

    access: ClassVar[dict[str, Rule]] = {
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN,
        "permissions": NAMESPACE_AUDIT,
    }

    @extend_schema(
        operation_id="updateOrganizationTeam", request=TeamBody, responses=TeamReply
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Create a team, or give an existing one another role or description."""
        body = self.body(TeamBody)
        with _from_below():
            team, is_new = set_team(
                self.namespace,
                self.kwargs["teamname"],
                TeamRole.from_name(body["role"]),
                self.caller.performer,
                body.get("description"),
            )
        return Response(team_view(team, is_new))

    @extend_schema(operation_id="deleteOrganizationTeam", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete a team; its members and their other rights stay."""
        with _from_below():
            delete_team(self._team_to_delete(), self.caller.performer)
        return no_content()

    @extend_schema(
        operation_id="getOrganizationTeamPermissions",
        parameters=[
            query("limit", int, _PERMISSION_LIMIT),
            NEXT_PAGE,
            query("q", str, "A part of the repository's name."),
        ],
        responses=TeamPermissionList,
    )
    def permissions(self, request: Request, **kwargs: Any) -> Response:
        """List what the team may do to which repositories."""
        limit = queries.positive(request, "limit", _PERMISSION_LIMIT)
        rows = permissions_in(self.namespace).filter(team=self.team)
        if wanted := queries.text(request, "q"):
            rows = rows.filter(repository__name__icontains=wanted)
        page = page_of(rows.select_related("repository"), request, limit, "id")
        shown = [on_repository(row) for row in page.items]
        return Response({"permissions": shown, **page.rest()})

    def _team_to_delete(self) -> Team:
        try:
            return self.team
        except Missing:
            name = self.kwargs["teamname"]
            raise DataModelError(
                f"Team '{name}' is not a team in org '{self.namespace.name}'"
            ) from None


class TeamMemberViewSet(TeamScope):
    """List, add and remove the members of a team: people, and its own robots."""

    access: ClassVar[dict[str, Rule]] = {
        "list": TEAM_MEMBER,
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN,
        "invite": NAMESPACE_ADMIN,
        "uninvite": NAMESPACE_ADMIN,
    }

    @extend_schema(
        operation_id="getOrganizationTeamMembers",
        parameters=[
            query("includePending", bool, "Not looked at: nobody is invited first."),
            query("limit", int, _MEMBER_LIMIT),
            NEXT_PAGE,
            query("q", str, "A part of the member's name."),
        ],
        responses=TeamMemberList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the members of a team, in the order they came."""
        limit = queries.positive(request, "limit", _MEMBER_LIMIT)
        page = page_of(self._matching(request), request, limit, "id")
        return Response(
            {
                "name": self.team.name,
                "members": [member_view(member_of(row)) for row in page.items],
                "can_edit": self.standing.is_admin,
                **page.rest(),
            }
        )

    @extend_schema(
        operation_id="updateOrganizationTeamMember",
        request=NoBody,
        responses=TeamMemberReply,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Add a person, or a robot of the organization, to a team."""
        # Quay's clients send what they like to these: there is nothing to be dropped.
        with suppress(UnsupportedMediaType):
            optional(NoBody, request)
        team, member = self.team, self._newcomer()
        with _from_below():
            add_member(team, member, self.caller.performer)
        return Response(member_view(member))

    @extend_schema(operation_id="deleteOrganizationTeamMember", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take a member out of a team."""
        team, member = self.team, self.account_named(self.kwargs["membername"])
        if member is None:
            raise Missing
        with _from_below():
            remove_member(team, member, self.caller.performer)
        return no_content()

    @extend_schema(operation_id="inviteTeamMemberEmail", request=None, responses={})
    def invite(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: Quaysite sends no mail, so nobody can be invited."""
        raise Missing

    @extend_schema(
        operation_id="deleteTeamMemberEmailInvite", request=None, responses={}
    )
    def uninvite(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there are no invitations."""
        raise Missing

    def _matching(self, request: Request) -> QuerySet[TeamMember]:
        rows = TeamMember.objects.filter(team=self.team)
        if wanted := queries.text(request, "q"):
            person = {f"{username_path('user__')}__icontains": wanted}
            rows = rows.filter(Q(**person) | Q(robot__name__icontains=wanted))
        return rows.select_related("user", "robot__namespace")

    def _newcomer(self) -> Robot | AbstractBaseUser:
        """Whom the path names; ApiError for nobody, DataModelError for a foreigner.

        The second is said of any other namespace's robot, whether it exists or not.
        """
        name = self.kwargs["membername"]
        member = self.account_named(name)
        if member is not None:
            return member
        namespace, plus, _ = name.partition("+")
        if plus and namespace != self.namespace.name:
            raise DataModelError(_FOREIGN)
        raise ApiError("Unknown user")


@contextmanager
def _from_below() -> Iterator[None]:
    """Answer refusals as Quay's data layer does (contract 1.4)."""
    try:
        yield
    except DomainError as error:
        raise DataModelError(error.message) from None
