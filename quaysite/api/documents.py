"""The API's description of itself: the OpenAPI document, and pages that show it.

It says nothing of the caller, so it is made once for each process.
"""

from functools import cache
from typing import Any

from csp.decorators import csp_update
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import Negotiation


@cache
def openapi_document() -> dict[str, Any]:
    """The OpenAPI document. Who changes it changes it for everybody."""
    generator: Any = SchemaGenerator  # has no types
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document


class OpenApiView(SpectacularAPIView):
    """The document as JSON, or as YAML to whoever asks for that."""

    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]
    content_negotiation_class = Negotiation

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the document."""
        return Response(openapi_document())


class SwaggerPage(SpectacularSwaggerSplitView):
    """The document as a page that can also call the API."""

    url_name = "openapi"
    content_negotiation_class = Negotiation


class RedocPage(SpectacularRedocView):
    """The document as a page to read."""

    url_name = "openapi"
    template_name = "quaysite/api/redoc.html"
    content_negotiation_class = Negotiation


redoc_page = csp_update({"worker-src": ["blob:"]})(RedocPage.as_view())
"""Redoc searches in a worker that it makes of a string."""
