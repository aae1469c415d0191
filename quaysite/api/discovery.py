"""`GET /api/v1/discovery`: what the API offers, as Quay's clients read it."""

from functools import cache
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.documents import openapi_document
from quaysite.api.swagger import swagger
from robots.api import queries
from robots.api.base import ApiViewSet
from robots.api.rules import ANYBODY, Rule
from robots.api.schema import query


class SwaggerDocument(serializers.Serializer[Any]):
    """A Swagger 2.0 document."""

    swagger = serializers.ChoiceField(["2.0"])
    host = serializers.CharField()
    basePath = serializers.CharField()  # noqa: N815 - Swagger's word
    schemes = serializers.ListField(child=serializers.CharField())
    info = serializers.DictField()
    securityDefinitions = serializers.DictField()  # noqa: N815
    paths = serializers.DictField()
    definitions = serializers.DictField()
    responses = serializers.DictField()
    tags = serializers.ListField(child=serializers.DictField())


class DiscoveryViewSet(ApiViewSet):
    """The API's description of itself."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": ANYBODY}

    @extend_schema(
        operation_id="discovery",
        parameters=[query("internal", bool, "Also what is not for the public.")],
        responses=SwaggerDocument,
    )
    def retrieve(self, request: Request) -> Response:
        """Show every operation of the API as a Swagger 2.0 document."""
        return Response(_document(queries.flag(request, "internal")))


@cache
def _document(internal: bool) -> dict[str, Any]:
    return swagger(openapi_document(), internal)
