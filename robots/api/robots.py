"""Robot accounts: of an organization, or of the caller's own namespace."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots import audit
from robots.api import queries
from robots.api.base import NamespaceViewSet, no_content
from robots.api.bodies import Body, JsonObject, Text, optional
from robots.api.errors import DataModelError
from robots.api.paging import page_of
from robots.api.robot_views import (
    RobotList,
    RobotReply,
    repositories_of,
    summary,
    teams_of,
    tokens_of,
)
from robots.api.rules import ROBOT_ADMIN, ROBOT_AUDIT, ROBOT_MEMBER, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.lifecycle.robots import (
    MAX_DESCRIPTION,
    create_robot,
    delete_robot,
    regenerate_token,
)
from robots.models import Robot

UNKNOWN_ROBOT = "Could not find robot with specified username"

_MAX_NAMED = 100
"""Robots that one audit event names; it always counts them."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LIMIT = "If specified, the number of robots to return."


class RobotBody(Body):
    """What a new robot may be given."""

    description = Text(required=False, max_length=MAX_DESCRIPTION)
    unstructured_metadata = JsonObject(required=False)


class RobotScope(NamespaceViewSet):
    """A view below one namespace's robots; `robot` is the one the path names."""

    def robot(self) -> Robot:
        """The robot called `robot_shortname` here; DataModelError if there is none."""
        found = Robot.objects.filter(
            namespace=self.namespace, name=self.kwargs["robot_shortname"]
        ).first()
        if found is None:
            raise DataModelError(UNKNOWN_ROBOT)
        found.namespace = self.namespace
        return found


class RobotViewSet(RobotScope):
    """List, show, create, delete robot accounts, and regenerate their tokens."""

    access: ClassVar[dict[str, Rule]] = {
        "list": ROBOT_MEMBER,
        "retrieve": ROBOT_AUDIT,
        "create": ROBOT_ADMIN,
        "destroy": ROBOT_ADMIN,
        "regenerate": ROBOT_ADMIN,
    }

    @extend_schema(
        operation_id="getOrgRobots",
        parameters=[
            query("permissions", bool, "Show teams and repositories, to admins."),
            query("token", bool, "Show tokens, to admins; true by default."),
            query("limit", int, _LIMIT),
            NEXT_PAGE,
            query("q", str, "A part of the name or of the description."),
        ],
        responses=RobotList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the robot accounts of the namespace, the last used ones first."""
        limit = queries.positive(request, "limit", _LIMIT)
        with_tokens = queries.flag(request, "token", True) and self.is_admin
        with_permissions = queries.flag(request, "permissions")
        page = page_of(self._matching(request), request, limit, "-used", "name")
        robots = page.items
        tokens = self._tokens(robots) if with_tokens else {}
        shown = [summary(robot) for robot in robots]
        for robot, item in zip(robots, shown, strict=True):
            if robot.pk in tokens:
                item["token"] = tokens[robot.pk]
        if with_permissions and (self.is_own or self.standing.may_audit):
            teams, repositories = teams_of(robots), repositories_of(robots)
            for robot, item in zip(robots, shown, strict=True):
                item["teams"] = teams[robot.pk]
                item["repositories"] = repositories[robot.pk]
        return Response({"robots": shown, **page.rest()})

    @extend_schema(operation_id="getOrgRobot", responses=RobotReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a robot account; its token too, to who administers the namespace."""
        robot = self.robot()
        shown = summary(robot)
        if self.is_admin:
            shown |= self._shown_token(robot)
        return Response({**shown, "unstructured_metadata": robot.metadata})

    @extend_schema(
        operation_id="createOrgRobot",
        request=RobotBody,
        responses={201: RobotReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a robot account. Its name cannot be changed later."""
        body = optional(RobotBody, request)
        robot, secret = create_robot(
            self.namespace,
            self.kwargs["robot_shortname"],
            self.caller.performer,
            description=body.get("description", ""),
            metadata=body.get("unstructured_metadata"),
        )
        shown = {
            **summary(robot),
            "token": secret.reveal(),
            "unstructured_metadata": body.get("unstructured_metadata"),
        }
        return Response(shown, status=201)

    @extend_schema(operation_id="deleteOrgRobot", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete a robot account with its tokens, memberships and permissions."""
        delete_robot(self.robot(), self.caller.performer)
        return no_content()

    @extend_schema(
        operation_id="regenerateOrgRobotToken", request=None, responses=RobotReply
    )
    def regenerate(self, request: Request, **kwargs: Any) -> Response:
        """Replace the token; the one before stops working at once."""
        robot, secret = regenerate_token(self.robot(), self.caller.performer)
        return Response({**summary(robot), "token": secret.reveal()})

    def _matching(self, request: Request) -> Any:
        robots = Robot.objects.filter(namespace=self.namespace)
        if wanted := queries.text(request, "q"):
            robots = robots.filter(
                Q(name__icontains=wanted) | Q(description__icontains=wanted)
            )
        robots = robots.annotate(used=Coalesce("last_used_at", Value(_NEVER)))
        return robots.select_related("namespace")

    def _shown_token(self, robot: Robot) -> dict[str, str]:
        """Nothing where the secret is not kept readable (ROBOT_TOKENS_RETRIEVABLE)."""
        token = self._tokens([robot]).get(robot.pk)
        return {} if token is None else {"token": token}

    def _tokens(self, robots: Sequence[Robot]) -> dict[int, str]:
        """Secrets about to be shown; that they were is an audit event."""
        tokens = tokens_of(robots)
        if tokens:
            shown = [robot.name for robot in robots if robot.pk in tokens]
            audit.record(
                "read_robot_token",
                self.caller.performer,
                self.namespace,
                robots=shown[:_MAX_NAMED],
                count=len(shown),
            )
        return tokens
