"""Why a robot may do something to a repository, or what it lacks."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots import explained
from robots.access import authorize
from robots.api.errors import FrameworkError
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_AUDIT, Rule
from robots.api.schema import query
from robots.decision import AccessRequest
from robots.explain import explain, identity_of_robot, verdicts
from robots.missing import Missing, missing
from robots.names import RepositoryName, is_repository_name
from robots.roles import Action

_ACTIONS = [action.value for action in Action]
_ROLES = ["read", "write", "admin"]

_REPOSITORY = "A repository of the robot's namespace: its name, or namespace/name."
_ACTION = (
    f"One of {', '.join(_ACTIONS)}; several may be given, and are asked for together."
    " By default pull and push."
)


class Verdict(serializers.Serializer[Any]):
    """What becomes of one action."""

    granted = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Why it is denied.")


class AccessSource(serializers.Serializer[Any]):
    """Where a role comes from."""

    kind = serializers.CharField()
    role = serializers.ChoiceField(_ROLES)
    team = serializers.CharField(allow_null=True)
    until = serializers.CharField(allow_null=True, help_text="RFC 3339.")


class AccessCut(serializers.Serializer[Any]):
    """What takes actions away, whatever the sources give."""

    reason = serializers.CharField()
    stops = serializers.ListField(child=serializers.ChoiceField(_ACTIONS))
    at_login = serializers.BooleanField()


class AccessNeed(serializers.Serializer[Any]):
    """What one denied action needs: all of `needs` together.

    `role` is the least role on the repository; `team_role` that of a team which may
    create the repository. Either is null where it would not help.
    """

    action = serializers.ChoiceField(_ACTIONS)
    role = serializers.ChoiceField(_ROLES, allow_null=True)
    team_role = serializers.ChoiceField(["creator"], allow_null=True)
    needs = serializers.ListField(child=serializers.CharField())


class AccessReply(serializers.Serializer[Any]):
    """The decision, and everything that bears on it."""

    identity = serializers.CharField()
    kind = serializers.ChoiceField(["robot"])
    repository = serializers.CharField()
    exists = serializers.BooleanField()
    visibility = serializers.ChoiceField(["private", "public"], allow_null=True)
    state = serializers.ChoiceField(["NORMAL", "READ_ONLY", "MIRROR"], allow_null=True)
    actions = serializers.DictField(child=Verdict())
    role = serializers.ChoiceField(_ROLES, allow_null=True)
    creates = serializers.BooleanField(help_text="A push creates the repository.")
    sources = AccessSource(many=True)
    ended = AccessSource(many=True)
    cuts = AccessCut(many=True)
    missing = AccessNeed(many=True)


class RobotAccessViewSet(RobotScope):
    """The decision about one robot and one repository, explained."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": ROBOT_AUDIT}

    @extend_schema(
        operation_id="getOrgRobotAccess",
        parameters=[
            OpenApiParameter("repository", str, required=True, description=_REPOSITORY),
            query("action", {"type": "array", "items": {"enum": _ACTIONS}}, _ACTION),
        ],
        responses=AccessReply,
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Tell what the robot may do to a repository, from where, and what it lacks."""
        robot = self.robot()
        name, actions = self._repository(request), _actions(request)
        identity, now = identity_of_robot(robot), timezone.now()
        explanation = explain(identity, name, now)
        question = AccessRequest(name, frozenset(actions))
        [decision] = authorize(identity, [question], now)
        answers = verdicts(explanation, decision, actions)
        lacking = missing(explanation, answers, self.namespace)
        facts = explained.facts(explanation, decision, answers)
        return Response({**facts, "missing": [_need(need) for need in lacking]})

    def _repository(self, request: Request) -> RepositoryName:
        """Never one of another namespace; raises FrameworkError for a bad name."""
        name = request.query_params.get("repository", "")
        name = name.removeprefix(f"{self.namespace.name}/")
        if not is_repository_name(name):
            raise FrameworkError({"repository": _REPOSITORY})
        return RepositoryName(self.namespace.name, name)


def _actions(request: Request) -> list[Action]:
    asked = request.query_params.getlist("action") or ["pull", "push"]
    if not set(asked) <= set(_ACTIONS):
        raise FrameworkError({"action": _ACTION})
    return [Action(action) for action in dict.fromkeys(asked)]


def _need(need: Missing) -> dict[str, Any]:
    return {
        "action": need.action.value,
        "role": need.role.label if need.role else None,
        "team_role": need.team_role.label if need.team_role else None,
        "needs": list(need.needs),
    }
