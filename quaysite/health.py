"""Health for probes: whether this process answers, and whether it can do its work."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from quaysite.metrics import view
from quaysite.middleware import GetResponse, identify
from quaysite.readiness import probe
from robots.outage import RETRY_AFTER

METRICS = "/metrics"


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process serves requests; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 if database, migrations and signing key are there, else 503; and which."""
    found = probe.readiness()
    parts = {part: "ok" if works else "no" for part, works in found._asdict().items()}
    response = JsonResponse({"ready": found.is_ready, **parts})
    if not found.is_ready:
        response.status_code = 503
        response["Retry-After"] = str(RETRY_AFTER)
    return response


class ProbesMiddleware:
    """Answers probes itself: they come to a server's own address, by plain HTTP, and
    know no host name that is allowed. So does Prometheus, where it has a token.
    """

    views: dict[str, Callable[[HttpRequest], HttpResponse]] = {  # noqa: RUF012
        "/healthz": alive,
        "/readyz": ready,
    }

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.views.get(request.path_info)
        if request.path_info == METRICS and view.token() is not None:
            answer = view.metrics
        if answer is None:
            return self.get_response(request)
        request_id = identify(request.META)
        response = answer(request)
        response["X-Request-ID"] = request_id
        return response
