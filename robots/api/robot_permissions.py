"""A robot's permissions on repositories: its own, not those of its teams."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.paging import searched_page
from robots.api.permission_views import on_repository
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_PERMISSIONS, Rule
from robots.api.schema import SEARCHED_PAGE
from robots.grants import live_permissions


class RobotRepository(serializers.Serializer[Any]):
    """A repository of the robot's namespace."""

    name = serializers.CharField(help_text="The name without the namespace.")
    is_public = serializers.BooleanField()


class RobotPermission(serializers.Serializer[Any]):
    """One role on one repository."""

    repository = RobotRepository()
    role = serializers.ChoiceField(["read", "write", "admin"])


class RobotPermissionList(serializers.Serializer[Any]):
    """Some permissions, and where the next ones are."""

    permissions = RobotPermission(many=True)
    next_page = serializers.CharField(required=False)


class RobotPermissionViewSet(RobotScope):
    """The repositories that a robot has a role on."""

    access: ClassVar[dict[str, Rule]] = {"list": ROBOT_PERMISSIONS}

    @extend_schema(
        operation_id="getOrgRobotPermissions",
        parameters=SEARCHED_PAGE,
        responses=RobotPermissionList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the robot's direct permissions; those of its teams are not here."""
        rows = live_permissions(timezone.now()).filter(robot=self.robot())
        rows = rows.select_related("repository")
        name = "repository__name"
        page = searched_page(rows, request, [name], name)
        shown = [on_repository(row) for row in page.items]
        return Response({"permissions": shown, **page.rest()})
