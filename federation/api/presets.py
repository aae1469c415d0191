"""Trusts filled from a few words: what there is to fill, and filling it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from federation.api.trust_views import AnyValue, TrustReply, trust_view
from federation.lifecycle import add_trusts, plan_trusts
from federation.presets import PRESETS, fill
from federation.presets.fields import Kind
from robots.api.base import ApiViewSet
from robots.api.bodies import Flag, JsonObject, StrictBody
from robots.api.errors import Missing
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, SIGNED_IN, Rule
from robots.conf import site_url


class FieldView(serializers.Serializer[Any]):
    """One thing that a preset wants to know."""

    name = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    default = AnyValue()
    choices = serializers.ListField(child=serializers.CharField())
    many = serializers.BooleanField(  # type: ignore[assignment]
        help_text="Takes a list."
    )


class PresetView(serializers.Serializer[Any]):
    """One provider of identities."""

    slug = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    fields = FieldView(many=True)  # type: ignore[assignment]


class PresetList(serializers.Serializer[Any]):
    """Every preset."""

    presets = PresetView(many=True)


class PresetBody(StrictBody):
    """What the fields of a preset are to be; with `dry_run` nothing is stored."""

    values = JsonObject()
    dry_run = Flag(required=False)


class FilledTrusts(serializers.Serializer[Any]):
    """The trusts that a preset made, or would make."""

    trusts = TrustReply(many=True)


class PresetViewSet(ApiViewSet):
    """What the providers of identities are called, and what each wants to know."""

    access: ClassVar[dict[str, Rule]] = {"list": SIGNED_IN}

    @extend_schema(operation_id="listFederationPresets", responses=PresetList)
    def list(self, request: Request) -> Response:
        """List the presets that fill trusts from a few words."""
        shown = [preset.facts(site_url()) for preset in PRESETS.values()]
        return Response({"presets": shown})


class RobotPresetViewSet(RobotScope):
    """Trusts of one robot by a preset."""

    access: ClassVar[dict[str, Rule]] = {"create": ROBOT_ADMIN}

    @extend_schema(
        operation_id="addOrgRobotTrustsByPreset",
        request=PresetBody,
        responses={201: FilledTrusts, 200: FilledTrusts},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add the trusts that a preset makes of `values`: all of them, or none.

        The audience is this site's address where the values name none. With `dry_run`
        the answer is 200 and tells what would be; nothing is stored.
        """
        slug = self.kwargs["slug"]
        if slug not in PRESETS:
            raise Missing
        said, robot = self.body(PresetBody), self.robot()
        entries = fill(slug, said["values"], default_audience=site_url())
        dry_run = said.get("dry_run", False)
        deed = plan_trusts if dry_run else add_trusts
        trusts = deed(robot, entries, self.caller.performer)
        shown = [trust_view(trust, 0) for trust in trusts]
        return Response({"trusts": shown}, status=200 if dry_run else 201)
