"""What each type of error means: where the `type` of an error points."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet
from robots.api.errors import ERROR_TYPES, Missing
from robots.api.handler import error_url
from robots.api.rules import ANYBODY, Rule


class ErrorTypeReply(serializers.Serializer[Any]):
    """One type of error."""

    type = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()


class ErrorTypeViewSet(ApiViewSet):
    """Explain errors."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": ANYBODY}

    @extend_schema(operation_id="getErrorDescription", responses=ErrorTypeReply)
    def retrieve(self, request: Request, error_type: str) -> Response:
        """Explain one type of error."""
        description = ERROR_TYPES.get(error_type)
        if description is None:
            raise Missing
        shown = {
            "type": error_url(error_type),
            "title": error_type,
            "description": description,
        }
        return Response(shown)
