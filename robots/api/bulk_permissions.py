"""A robot's role on many repositories of its namespace, set in one call."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.bodies import Choice, Flag, StrictBody, Text, Texts
from robots.api.moments import Moment
from robots.api.robot_permissions import RobotPermissionViewSet
from robots.api.rules import ROBOT_GRANTS, Rule
from robots.lifecycle.bulk_permissions import (
    NO_ROLE,
    Plan,
    Step,
    Wanted,
    change_permissions,
)
from robots.moments import moment_text
from robots.roles import Role
from robots.selection import Matching, Named, Selection

_EITHER = "Give exactly one of 'repositories' and 'match'"


class BulkPermissionBody(StrictBody):
    """Which role, and on which repositories: those named, or those that match."""

    role = Choice(choices=[*Role.labels, NO_ROLE])
    repositories = Texts(
        required=False,
        help_text="Names below the namespace, without it; at most 100,000.",
    )
    match = Text(
        required=False,
        help_text=(
            "A pattern for the whole name, without the namespace: * stands for any"
            " number of characters, slashes too, ? for one."
        ),
    )
    until = Moment(
        required=False,
        allow_null=True,
        help_text="RFC 3339; from then on the permissions count for nothing.",
    )
    dry_run = Flag(
        required=False, default=False, help_text="Only tell what would change."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("repositories" in attrs) == ("match" in attrs):
            raise serializers.ValidationError(_EITHER)
        return attrs


class ChangedRole(serializers.Serializer[Any]):
    """A repository on which the role, or only its end, is another one now."""

    name = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Two more, of which one has a name that Python keeps for itself."""
        ends = {end: serializers.ChoiceField(Role.labels) for end in ("from", "to")}
        return {**super().get_fields(), **ends}


class BulkPermissionReply(serializers.Serializer[Any]):
    """What has changed, or would. Each list is sorted by name."""

    role = serializers.ChoiceField([*Role.labels, NO_ROLE])
    until = serializers.DateTimeField(allow_null=True)
    dry_run = serializers.BooleanField()
    added = serializers.ListField(child=serializers.CharField())
    changed = ChangedRole(many=True)
    removed = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.ListField(child=serializers.CharField())


class BulkPermissionViewSet(RobotPermissionViewSet):
    """List a robot's permissions, and set them in bulk."""

    access: ClassVar[dict[str, Rule]] = {
        **RobotPermissionViewSet.access,
        "update": ROBOT_GRANTS,
    }

    @extend_schema(
        operation_id="setOrgRobotPermissions",
        request=BulkPermissionBody,
        responses=BulkPermissionReply,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Give a robot the same role on many repositories, all of them or none.

        Doing it twice changes nothing more. Repositories that are not selected
        keep what they grant.
        """
        body = self.body(BulkPermissionBody)
        made = change_permissions(
            self.namespace,
            self.robot(),
            _selection(body),
            Wanted(_role(body["role"]), body.get("until")),
            self.caller.performer,
            dry_run=body["dry_run"],
        )
        return Response({**_shown(made), "dry_run": body["dry_run"]})


def _selection(body: Mapping[str, Any]) -> Selection:
    if "match" in body:
        return Matching(body["match"])
    return Named(body["repositories"])


def _role(name: str) -> Role | None:
    return None if name == NO_ROLE else Role.from_name(name)


def _shown(made: Plan) -> dict[str, Any]:
    return {
        "role": made.wanted.role_name,
        "until": moment_text(made.wanted.until),
        "added": [step.name for step in made.added],
        "changed": [_change(step, made.wanted) for step in made.changed],
        "removed": [step.name for step in made.removed],
        "unchanged": [step.name for step in made.unchanged],
    }


def _change(step: Step, wanted: Wanted) -> dict[str, str]:
    before = step.held.role.label if step.held else NO_ROLE
    return {"name": step.name, "from": before, "to": wanted.role_name}
