"""Emergency switches: stop the robots of the site, of a namespace, one robot, or all
that log in with tokens of an issuer (rule R5)."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet, NamespaceViewSet, no_content
from robots.api.bodies import StrictBody, Text, Texts
from robots.api.errors import FrameworkError, Missing
from robots.api.moments import Moment
from robots.api.robots import RobotScope
from robots.api.rules import (
    ROBOT_ADMIN,
    ROBOT_AUDIT,
    SITE_ADMIN,
    SITE_AUDIT,
    Rule,
)
from robots.errors import DomainError, NotFound
from robots.issuer_trusts import robots_trusting
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.models import EmergencySwitch, Namespace, Robot
from robots.moments import moment_text
from robots.switch_targets import Issuer, Target, columns_of, issuer_named
from robots.switches import switches_on

_ISSUER = OpenApiParameter(
    "issuer",
    str,
    required=True,
    description="The issuer's URL, byte for byte as trusts name it.",
)


class SwitchBody(StrictBody):
    """Why robots are stopped, until when at most, and which go on working."""

    reason = Text()
    until = Moment(required=False, allow_null=True)
    allowed = Texts(required=False)


class SwitchView(serializers.Serializer[Any]):
    """A switch that is on. Without `until` it is on until somebody turns it off."""

    reason = serializers.CharField()
    since = serializers.DateTimeField()
    by = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    allowed = serializers.ListField(child=serializers.CharField())


class SwitchReply(serializers.Serializer[Any]):
    """The switch, or null while it is off."""

    switch = SwitchView(allow_null=True)


class IssuerSwitchReply(SwitchReply):
    """With how many robots have a trust that names the issuer: 0 may be a mistake."""

    issuer = serializers.CharField()
    robots = serializers.IntegerField()


class SwitchViewSet(ApiViewSet):
    """What all views do."""

    @property
    def target(self) -> Target:
        """Whose robots; None for those of the site."""
        raise NotImplementedError

    @extend_schema(responses=SwitchReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Tell whether the robots are stopped, why, and until when."""
        found = switches_on(timezone.now())
        switch = found.filter(**columns_of(self.target)).first()
        return self.reply(switch)

    @extend_schema(request=SwitchBody, responses=SwitchReply)
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Stop the robots from the next request on, or change the terms."""
        body = self.body(SwitchBody)
        terms = Terms(body["reason"], body.get("until"), body.get("allowed", ()))
        switch = turn_on(self.target, terms, self.caller.performer)
        return self.reply(switch)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Let the robots go on; 404 if they were not stopped."""
        try:
            turn_off(self.target, self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()

    def reply(self, switch: EmergencySwitch | None) -> Response:
        """The switch, or null while it is off."""
        return Response({"switch": None if switch is None else _view(switch)})


@extend_schema_view(
    retrieve=extend_schema(operation_id="getOrgEmergencySwitch"),
    update=extend_schema(operation_id="turnOnOrgEmergencySwitch"),
    destroy=extend_schema(operation_id="turnOffOrgEmergencySwitch"),
)
class NamespaceSwitchViewSet(SwitchViewSet, NamespaceViewSet):
    """The switch of an organization, or of the caller's own namespace."""

    access: ClassVar[dict[str, Rule]] = {
        "retrieve": ROBOT_AUDIT,
        "update": ROBOT_ADMIN,
        "destroy": ROBOT_ADMIN,
    }

    @property
    def target(self) -> Namespace:
        return self.namespace


@extend_schema_view(
    retrieve=extend_schema(operation_id="getSiteEmergencySwitch"),
    update=extend_schema(operation_id="turnOnSiteEmergencySwitch"),
    destroy=extend_schema(operation_id="turnOffSiteEmergencySwitch"),
)
class SiteSwitchViewSet(SwitchViewSet):
    """The switch of the whole site."""

    access: ClassVar[dict[str, Rule]] = {
        "retrieve": SITE_AUDIT,
        "update": SITE_ADMIN,
        "destroy": SITE_ADMIN,
    }

    @property
    def target(self) -> None:
        return None


@extend_schema_view(
    retrieve=extend_schema(operation_id="getOrgRobotEmergencySwitch"),
    update=extend_schema(operation_id="turnOnOrgRobotEmergencySwitch"),
    destroy=extend_schema(operation_id="turnOffOrgRobotEmergencySwitch"),
)
class RobotSwitchViewSet(SwitchViewSet, RobotScope):
    """The switch of one robot account, which excepts none."""

    access: ClassVar[dict[str, Rule]] = NamespaceSwitchViewSet.access

    @property
    def target(self) -> Robot:
        return self.robot()


@extend_schema_view(
    retrieve=extend_schema(
        operation_id="getIssuerEmergencySwitch",
        parameters=[_ISSUER],
        responses=IssuerSwitchReply,
    ),
    update=extend_schema(
        operation_id="turnOnIssuerEmergencySwitch",
        parameters=[_ISSUER],
        responses=IssuerSwitchReply,
    ),
    destroy=extend_schema(
        operation_id="turnOffIssuerEmergencySwitch", parameters=[_ISSUER]
    ),
)
class IssuerSwitchViewSet(SwitchViewSet):
    """The switch of an issuer: its tokens, and those that they earned, are refused."""

    access: ClassVar[dict[str, Rule]] = SiteSwitchViewSet.access

    @property
    def target(self) -> Issuer:
        try:
            return issuer_named(self.request.query_params.get("issuer", ""))
        except DomainError as error:
            raise FrameworkError({"issuer": error.message}) from None

    def reply(self, switch: EmergencySwitch | None) -> Response:
        response = super().reply(switch)
        issuer = self.target.url
        response.data["issuer"] = issuer
        response.data["robots"] = robots_trusting([issuer]).count()
        return response


def _view(switch: EmergencySwitch) -> dict[str, Any]:
    return {
        "reason": switch.reason,
        "since": moment_text(switch.turned_on_at),
        "by": switch.turned_on_by,
        "until": moment_text(switch.ends_at),
        "allowed": switch.allowed_names,
    }
