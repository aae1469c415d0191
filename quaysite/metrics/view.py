"""GET /metrics, for whoever shows METRICS_TOKEN."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from quaysite.metrics.collector import SiteCollector
from robots.credentials import Secret

_registry = CollectorRegistry(auto_describe=False)
_registry.register(SiteCollector())


def token() -> Secret | None:
    """METRICS_TOKEN, or None where nobody is told anything."""
    text = getattr(settings, "METRICS_TOKEN", "")
    return Secret(text) if text else None


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics; 401 without the token."""
    if not _is_allowed(request.META.get("HTTP_AUTHORIZATION", "")):
        response = HttpResponse("METRICS_TOKEN is missing or wrong\n", status=401)
        response["Content-Type"] = "text/plain"
        response["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return response
    encode, content_type = choose_encoder(request.META.get("HTTP_ACCEPT", ""))
    return HttpResponse(encode(_registry), content_type=content_type)


def _is_allowed(header: str) -> bool:
    scheme, _, shown = header.partition(" ")
    expected = token()
    if expected is None or scheme.lower() != "bearer":
        return False
    return Secret(shown.strip()) == expected
