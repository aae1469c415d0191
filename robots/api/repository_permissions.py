"""Permissions on one repository: of people and robots, and of teams."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import RepositoryViewSet, no_content
from robots.api.bodies import Choice, StrictBody
from robots.api.errors import ApiError, DataModelError, Missing
from robots.api.paging import searched_page
from robots.api.permission_views import (
    RoleList,
    RoleReply,
    TeamPermission,
    TeamPermissionMap,
    UserPermission,
    UserPermissionMap,
    members_of,
    of_account,
    of_team,
)
from robots.api.rules import REPOSITORY_ADMIN, REPOSITORY_AUDIT, Rule
from robots.api.schema import SEARCHED_PAGE
from robots.errors import NotFound
from robots.grants import live_permissions
from robots.lifecycle.permissions import Grantee, column_of, grant, revoke
from robots.lookup import account_named, team_named
from robots.models import RepositoryPermission, Robot, Team
from robots.names import parse_robot_name
from robots.roles import Role


class RoleBody(StrictBody):
    """The role that somebody is to have.

    An end that was dropped here would make of a grant one for ever.
    """

    echoed = frozenset({"id", "name", "is_robot", "avatar", "is_org_member"})

    role = Choice(Role.labels)


class PermissionViewSet(RepositoryViewSet):
    """The permissions of one sort of grantees. Those that have ended do not show."""

    access: ClassVar[dict[str, Rule]] = {
        "list": REPOSITORY_AUDIT,
        "retrieve": REPOSITORY_AUDIT,
        "transitive": REPOSITORY_AUDIT,
        "update": REPOSITORY_ADMIN,
        "destroy": REPOSITORY_ADMIN,
    }
    noun: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    """Where the names of the grantees are, for `q`."""

    @property
    def grantee_name(self) -> str:
        """Whom the path names."""
        return str(self.kwargs["name"])

    def grantee(self) -> Any:
        """The grantee that the path names; NotFound if there is none."""
        raise NotImplementedError

    def new_grantee(self) -> Any:
        """The same, to be given a role; ApiError if it cannot be."""
        raise NotImplementedError

    def check_change(self) -> None:
        """Raise ApiError for a name whose rights nobody changes."""

    def rows(self) -> QuerySet[RepositoryPermission]:
        """The permissions that a list shows, joined with their grantees."""
        raise NotImplementedError

    def all_shown(self, rows: Sequence[RepositoryPermission]) -> dict[str, Any]:
        """Permissions by name, in a constant number of queries."""
        raise NotImplementedError

    def shown(self, grantee: Any, role: Role) -> dict[str, Any]:
        raise NotImplementedError

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the permissions; none where there is no such repository."""
        try:
            page = searched_page(self.rows(), request, self.names, "id")
        except Missing:
            return Response({"permissions": {}})
        return Response({"permissions": self.all_shown(page.items), **page.rest()})

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show what one grantee has directly."""
        grantee, role = self.held()
        return Response(self.shown(grantee, role))

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Give exactly this role, in place of what there is."""
        role = Role.from_name(self.body(RoleBody)["role"])
        self.check_change()
        grantee = self.new_grantee()
        grant(self.repository, grantee, role, self.caller.performer)
        return Response(self.shown(grantee, role))

    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take away what one grantee has directly."""
        repository = self.repository
        self.check_change()
        try:
            revoke(repository, self.grantee(), self.caller.performer)
        except NotFound:
            raise ApiError(self.none()) from None
        return no_content()

    def held(self) -> tuple[Grantee, Role]:
        """The grantee with its role; DataModelError if it has none."""
        counting = self.counting()
        try:
            grantee: Grantee = self.grantee()
        except NotFound:
            raise DataModelError(self.none()) from None
        permission = counting.filter(**column_of(grantee)).first()
        if permission is None:
            raise DataModelError(self.none())
        return grantee, Role(permission.role)

    def counting(self) -> QuerySet[RepositoryPermission]:
        """The repository's permissions that have not ended."""
        rows = live_permissions(timezone.now()).filter(repository=self.repository)
        return rows.order_by("id")

    def none(self) -> str:
        return f"{self.noun} does not have permission for repo."


@extend_schema_view(
    list=extend_schema(
        operation_id="listRepoUserPermissions",
        parameters=SEARCHED_PAGE,
        responses=UserPermissionMap,
    ),
    retrieve=extend_schema(operation_id="getUserPermissions", responses=UserPermission),
    update=extend_schema(
        operation_id="changeUserPermissions",
        request=RoleBody,
        responses=UserPermission,
    ),
    destroy=extend_schema(operation_id="deleteUserPermissions", responses={204: None}),
)
class UserPermissionViewSet(PermissionViewSet):
    """Permissions of people and robots; a robot goes by its full name."""

    noun = "User"
    names = ("robot__name", f"user__{get_user_model().USERNAME_FIELD}")

    @extend_schema(operation_id="getUserTransitivePermission", responses=RoleList)
    def transitive(self, request: Request, **kwargs: Any) -> Response:
        """Show each role that a person or robot has, directly and by teams."""
        try:
            column = column_of(self.grantee())
        except NotFound:
            raise Missing from None
        by_team = {f"team__members__{name}": pk for name, pk in column.items()}
        rows = self.counting().filter(Q(**column) | Q(**by_team))
        roles = [
            {"role": Role(role).label} for role in rows.values_list("role", flat=True)
        ]
        if not roles:
            raise Missing
        return Response({"permissions": roles})

    def grantee(self) -> Robot | AbstractBaseUser:
        return account_named(self.grantee_name)

    def new_grantee(self) -> Robot | AbstractBaseUser:
        robot = parse_robot_name(self.grantee_name)
        namespace = self.repository.namespace.name
        # By the name alone: whether a foreign robot exists is not to be told.
        if robot is not None and robot.namespace != namespace:
            raise ApiError(
                f"Cannot add robot {self.grantee_name} under namespace {namespace}"
            )
        try:
            return self.grantee()
        except NotFound:
            raise ApiError(f"Invalid username: {self.grantee_name}") from None

    def check_change(self) -> None:
        if self.grantee_name == self.repository.namespace.name:
            raise ApiError("Namespace owner must always be admin.")

    def rows(self) -> QuerySet[RepositoryPermission]:
        rows = self.counting().filter(team=None)
        return rows.select_related("robot__namespace", "user")

    def all_shown(self, rows: Sequence[RepositoryPermission]) -> dict[str, Any]:
        accounts = [(row.robot or row.user, Role(row.role)) for row in rows]
        members = members_of(self.repository.namespace)
        shown = [
            of_account(account, role, members)
            for account, role in accounts
            if account is not None
        ]
        return {item["name"]: item for item in shown}

    def shown(self, grantee: Any, role: Role) -> dict[str, Any]:
        return of_account(grantee, role, members_of(self.repository.namespace))


@extend_schema_view(
    list=extend_schema(
        operation_id="listRepoTeamPermissions",
        parameters=SEARCHED_PAGE,
        responses=TeamPermissionMap,
    ),
    update=extend_schema(
        operation_id="changeTeamPermissions",
        request=RoleBody,
        responses=TeamPermission,
    ),
    destroy=extend_schema(operation_id="deleteTeamPermissions", responses={204: None}),
)
class TeamPermissionViewSet(PermissionViewSet):
    """Permissions of the organization's teams."""

    noun = "Team"
    names = ("team__name",)

    @extend_schema(operation_id="getTeamPermissions", responses=RoleReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show the role of a team, and nothing else."""
        _, role = self.held()
        return Response({"role": role.label})

    def grantee(self) -> Team:
        return team_named(self.repository.namespace, self.grantee_name)

    def new_grantee(self) -> Team:
        try:
            return self.grantee()
        except NotFound as error:
            raise ApiError(error.message) from None

    def rows(self) -> QuerySet[RepositoryPermission]:
        return self.counting().filter(team__isnull=False).select_related("team")

    def all_shown(self, rows: Sequence[RepositoryPermission]) -> dict[str, Any]:
        return {
            row.team.name: of_team(row.team, Role(row.role))
            for row in rows
            if row.team is not None
        }

    def shown(self, grantee: Any, role: Role) -> dict[str, Any]:
        return of_team(grantee, role)
