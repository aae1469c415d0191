"""Health for probes: whether this process answers at all."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process serves requests; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")
