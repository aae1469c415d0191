"""Robot accounts: of an organization, or of the caller's own namespace."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots import audit
from robots.api import queries
from robots.api.base import NamespaceViewSet, no_content
from robots.api.errors import DataModelError, Forbidden, FrameworkError
from robots.api.paging import page_of
from robots.api.robot_bodies import RobotBody, RobotChanges, creation_body
from robots.api.robot_views import (
    NewRobot,
    RobotList,
    RobotReply,
    RobotWithToken,
    extended,
    repositories_of,
    summary,
    teams_of,
    tokens_of,
)
from robots.api.rules import (
    ROBOT_ADMIN,
    ROBOT_AUDIT,
    ROBOT_MEMBER,
    Rule,
    may_administer_repositories,
)
from robots.api.schema import NEXT_PAGE, query
from robots.lifecycle.robots import (
    change_robot,
    create_robot,
    delete_robot,
    regenerate_token,
)
from robots.lifecycle.tokens import MAX_GRACE
from robots.models import Namespace, Robot
from robots.models.robots import LastUsed
from robots.names import simple_name_issue
from robots.standing import Standing

UNKNOWN_ROBOT = "Could not find robot with specified username"

_MAX_NAMED = 100
"""Robots that one audit event names; it always counts them."""

_LIMIT = "If specified, the number of robots to return."
_GRACE = (
    f"Seconds that the tokens before go on working, 0 to {MAX_GRACE}; federated ones"
    " end at once."
)
_UNTIL = "When the new token ends, such as 2030-01-31T12:00:00Z; never by default."


class RobotScope(NamespaceViewSet):
    """A view below one namespace's robots; `robot` is the one the path names."""

    def robot(self) -> Robot:
        """The robot called `robot_shortname` here; DataModelError if there is none."""
        name = self.kwargs["robot_shortname"]
        robots = Robot.objects.filter(namespace=self.namespace, name=name)
        found = None if simple_name_issue(name, "Namespace") else robots.first()
        if found is None:
            raise DataModelError(UNKNOWN_ROBOT)
        found.namespace = self.namespace
        return found


class RobotViewSet(RobotScope):
    """List, show, create, change, delete robot accounts; regenerate their tokens."""

    access: ClassVar[dict[str, Rule]] = {
        "list": ROBOT_MEMBER,
        "retrieve": ROBOT_AUDIT,
        "create": ROBOT_ADMIN,
        "change": ROBOT_ADMIN,
        "destroy": ROBOT_ADMIN,
        "regenerate": ROBOT_ADMIN,
    }

    @cached_property
    def standing(self) -> Standing:
        """To who has rights everywhere, a missing organization has no robots."""
        try:
            return super().standing
        except DataModelError:
            if self.action != "list":
                raise
            return Standing(Namespace(name=self.namespace_name), may_audit=True)

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
        return Response({**shown, **extended(robot)})

    @extend_schema(
        operation_id="createOrgRobot",
        request=RobotBody,
        responses={201: NewRobot},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a robot account. Its name cannot be changed later.

        Permissions need what setting them one by one needs: `repo:admin`.
        """
        body = creation_body(request)
        permissions = body.get("permissions", ())
        if permissions and not may_administer_repositories(self.caller.identity):
            raise Forbidden
        robot, secret = create_robot(
            self.namespace,
            self.kwargs["robot_shortname"],
            self.caller.performer,
            description=body.get("description", ""),
            metadata=body.get("unstructured_metadata"),
            permissions=permissions,
            teams=body.get("teams", ()),
            expires_at=body.get("expires_at"),
        )
        shown = {
            **summary(robot),
            "token": secret.reveal(),
            "unstructured_metadata": body.get("unstructured_metadata"),
        }
        return Response(shown, status=201)

    @extend_schema(
        operation_id="changeOrgRobot", request=RobotChanges, responses=RobotReply
    )
    def change(self, request: Request, **kwargs: Any) -> Response:
        """Change the description, the metadata, the expiry; switch off or on."""
        changes = self.body(RobotChanges)
        robot = change_robot(self.robot(), changes, self.caller.performer)
        return Response({**summary(robot), **extended(robot)})

    @extend_schema(operation_id="deleteOrgRobot", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete a robot account with its tokens, memberships and permissions."""
        delete_robot(self.robot(), self.caller.performer)
        return no_content()

    @extend_schema(
        operation_id="regenerateOrgRobotToken",
        request=None,
        parameters=[query("grace", int, _GRACE), query("expires_at", str, _UNTIL)],
        responses=RobotWithToken,
    )
    def regenerate(self, request: Request, **kwargs: Any) -> Response:
        """Replace the token; the one before stops working at once, or after `grace`."""
        grace, until = _grace(request), queries.moment(request, "expires_at")
        by = self.caller.performer
        robot, secret = regenerate_token(self.robot(), by, grace, until)
        return Response({**summary(robot), "token": secret.reveal()})

    def _matching(self, request: Request) -> QuerySet[Any]:
        robots = Robot.objects.filter(namespace_id=self.namespace.pk)
        if wanted := queries.text(request, "q"):
            robots = robots.filter(
                Q(name__icontains=wanted) | Q(description__icontains=wanted)
            )
        robots = robots.annotate(used=LastUsed("last_used_at"))
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


def _grace(request: Request) -> int:
    """Seconds; raises FrameworkError for what is no such number."""
    value = request.query_params.get("grace") or "0"
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise FrameworkError({"grace": _GRACE})
    if int(value) > MAX_GRACE:
        raise FrameworkError({"grace": _GRACE})
    return int(value)
