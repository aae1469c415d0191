"""Default permissions of an organization (contract section 1.5)."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import no_content
from robots.api.bodies import Body, Choice, Text
from robots.api.default_permission_views import (
    DefaultPermissionList,
    DefaultPermissionReply,
    default_permission_view,
)
from robots.api.errors import ApiError, Missing
from robots.api.members import member_ids
from robots.api.organization_scope import OrganizationScope, username_path
from robots.api.paging import page_of
from robots.api.rules import NAMESPACE_ADMIN, NAMESPACE_AUDIT, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.errors import NotFound
from robots.lifecycle.default_permissions import (
    change_default_permission,
    create_default_permission,
    delete_default_permission,
)
from robots.lookup import team_named
from robots.models import DefaultPermission, Robot, Team
from robots.roles import Role

_LIMIT = "If specified, the number of default permissions to return."
_RELATED = ("creator_user", "creator_robot__namespace", "user", "robot__namespace")


class CreatorBody(Body):
    """A person, or a robot of the organization."""

    name = Text()


class DelegateBody(Body):
    """A person or a robot of the organization (`user`), or one of its teams."""

    name = Text()
    kind = Choice(["user", "team"])


class NewDefaultPermission(Body):
    """Whom a new repository grants which role, and if not always, whose."""

    role = Choice(Role.labels)
    delegate = DelegateBody()
    activating_user = CreatorBody(required=False, allow_null=True)


class NewRole(Body):
    """The role to grant from now on."""

    role = Choice(Role.labels)


class DefaultPermissionViewSet(OrganizationScope):
    """List, create, change and delete default permissions."""

    access: ClassVar[dict[str, Rule]] = {
        "list": NAMESPACE_AUDIT,
        "create": NAMESPACE_ADMIN,
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN,
    }

    @extend_schema(
        operation_id="getOrganizationPrototypePermissions",
        parameters=[
            query("limit", int, _LIMIT),
            NEXT_PAGE,
            query("q", str, "A part of the name of whom it names."),
        ],
        responses=DefaultPermissionList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List what new repositories of the organization grant."""
        limit = queries.positive(request, "limit", _LIMIT)
        page = page_of(self._matching(request), request, limit, "id")
        members = member_ids(self.namespace)
        shown = [default_permission_view(row, members) for row in page.items]
        return Response({"prototypes": shown, **page.rest()})

    @extend_schema(
        operation_id="createOrganizationPrototypePermission",
        request=NewDefaultPermission,
        responses=DefaultPermissionReply,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Grant a role on every new repository, or on those of one creator."""
        body = self.body(NewDefaultPermission)
        made = create_default_permission(
            self.namespace,
            self._delegate(body["delegate"]),
            Role.from_name(body["role"]),
            self.caller.performer,
            self._creator(body.get("activating_user")),
        )
        return self._shown(made)

    @extend_schema(
        operation_id="updateOrganizationPrototypePermission",
        request=NewRole,
        responses=DefaultPermissionReply,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Change the role; repositories that exist keep what they have."""
        body = self.body(NewRole)
        try:
            changed = change_default_permission(
                self._stored(), Role.from_name(body["role"]), self.caller.performer
            )
        except NotFound:
            raise Missing from None
        return self._shown(changed)

    @extend_schema(
        operation_id="deleteOrganizationPrototypePermission", responses={204: None}
    )
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete it; repositories that exist keep what they have."""
        try:
            delete_default_permission(self._stored(), self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()

    def _shown(self, default: DefaultPermission) -> Response:
        members = member_ids(self.namespace)
        return Response(default_permission_view(default, members))

    def _matching(self, request: Request) -> QuerySet[DefaultPermission]:
        rows = DefaultPermission.objects.filter(namespace=self.namespace)
        if wanted := queries.text(request, "q"):
            fields = (
                username_path("user__"),
                username_path("creator_user__"),
                "robot__name",
                "creator_robot__name",
                "team__name",
            )
            named = Q()
            for field in fields:
                named |= Q(**{f"{field}__icontains": wanted})
            rows = rows.filter(named)
        return rows.select_related(*_RELATED, "team")

    def _stored(self) -> DefaultPermission:
        try:
            wanted = UUID(self.kwargs["prototypeid"])
        except ValueError:
            raise Missing from None
        rows = DefaultPermission.objects.filter(namespace=self.namespace)
        found = rows.filter(uuid=wanted).first()
        if found is None:
            raise Missing
        return found

    def _delegate(self, named: dict[str, str]) -> Robot | Team | AbstractBaseUser:
        """Whom the body names; ApiError unless it may be named here."""
        if named["kind"] == "team":
            return self._team(named["name"])
        account = self.account_named(named["name"])
        if account is None:
            raise ApiError("Missing delegate user or team")
        return account

    def _team(self, name: str) -> Team:
        try:
            return team_named(self.namespace, name)
        except NotFound:
            raise ApiError("Missing delegate user or team") from None

    def _creator(self, named: dict[str, str] | None) -> Robot | AbstractBaseUser | None:
        if named is None:
            return None
        account = self.account_named(named["name"])
        if account is None:
            raise ApiError("Unknown activating user")
        return account
