"""What the API answers where it has nothing: JSON, as everywhere else in it."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from robots.api.errors import Missing
from robots.api.handler import typed


@csrf_exempt
def unknown(request: HttpRequest, **path: str) -> JsonResponse:
    """404 for a path below `/api/v1/` that no view serves."""
    return JsonResponse(typed(Missing()), status=404)
