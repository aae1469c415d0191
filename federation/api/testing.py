"""What would become of a token, trust by trust; none is minted and none is used up."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from federation import diagnosed
from federation.api.trust_views import AnyValue
from federation.diagnosis import Outcome, diagnose
from robots.api.bodies import StrictBody, Text, json_of
from robots.api.errors import ApiError
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, Rule
from robots.credentials import Secret
from robots.grants import MAX_REPOSITORIES

_WRONG_BODY = "The body must be a JSON object with one key, token, which is a text"
"""No error says more: whatever was sent may be a token."""


class TokenToTest(StrictBody):
    """A token of an issuer."""

    token = Text()


class VerdictView(serializers.Serializer[Any]):
    """One trust, and the first thing about the token that it does not let in."""

    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    issuer = serializers.CharField()
    subject = serializers.CharField()
    verdict = serializers.ChoiceField([outcome.value for outcome in Outcome])
    check = serializers.CharField(allow_blank=True)
    claim = serializers.CharField(allow_blank=True)
    expected = AnyValue()
    actual = AnyValue()
    reason = serializers.CharField(allow_blank=True)


class RobotLogin(serializers.Serializer[Any]):
    """Whether the robot could log in with any token."""

    name = serializers.CharField()
    may_log_in = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())


class GrantView(serializers.Serializer[Any]):
    """What the robot may do to one repository."""

    repository = serializers.CharField()
    role = serializers.ChoiceField(["read", "write", "admin"])


class TokenTestReply(serializers.Serializer[Any]):
    """What would become of the token."""

    admitted = serializers.BooleanField(help_text="An exchange would work now.")
    verified = serializers.BooleanField(help_text="The issuer's key signed it.")
    reason = serializers.CharField(allow_null=True, help_text="Why it is not verified.")
    robot = RobotLogin()
    trusts = VerdictView(many=True)
    matched = serializers.IntegerField(
        allow_null=True, help_text="The trust that would let it in."
    )
    nearest = serializers.IntegerField(
        allow_null=True, help_text="The trust that it came furthest with."
    )
    already_used = serializers.BooleanField()
    used_up = serializers.BooleanField(
        help_text="Used before, and the trust takes a token once."
    )
    grants = GrantView(many=True, help_text=f"The first {MAX_REPOSITORIES}, by name.")
    grants_count = serializers.IntegerField()


class TokenTestViewSet(RobotScope):
    """Try a token at the trusts of a robot."""

    access: ClassVar[dict[str, Rule]] = {"create": ROBOT_ADMIN}

    @extend_schema(
        operation_id="testOrgRobotFederation",
        request=TokenToTest,
        responses={200: TokenTestReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Tell what each trust would say to a token, and what it would give.

        The token is not used up, no token is made, and nothing is stored. It should
        be one that nobody needs any more, or of a job made for this.
        """
        token, robot = _token(request), self.robot()
        diagnosis = diagnose(robot, token, timezone.now())
        return Response(diagnosed.facts(robot, diagnosis))


def _token(request: Request) -> Secret:
    said = json_of(request)
    token = said.get("token") if isinstance(said, Mapping) else None
    if not isinstance(token, str) or len(said) != 1:
        raise ApiError(_WRONG_BODY)
    return Secret(token)
