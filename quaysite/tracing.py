"""Traces to an OpenTelemetry collector: a span for each request, and for its parts.

Imported only where OTEL_EXPORTER_OTLP_ENDPOINT is set. The SDK reads its other settings
from OTEL_ variables itself, sends in a thread of its own, and drops what nobody takes:
a collector that is away delays no answer. Spans hold the method, the path without its
query, the status and the request's id, and of an error the name of its class: nothing
that a client could have put a secret into.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import quaysite
from quaysite.endpoints import endpoint_of
from robots import spans
from robots.origin import REQUEST_ID_META

TRACED = frozenset({"token", "exchange", "api", "admin", "sign_in"})
"""Parts of the site; probes, scrapes and static files would only drown them."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CALLERS = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE"}
_context = TraceContextTextMapPropagator()


def traced_requests(application: WSGIApplication) -> WSGIApplication:
    """The application, with spans that are sent to the collector."""
    name = os.environ.get("OTEL_SERVICE_NAME", "quaysite")
    named = {SERVICE_NAME: name, SERVICE_VERSION: quaysite.__version__}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(application, provider.get_tracer("quaysite"))


class Traces:
    """WSGI middleware: each request to what is TRACED is a span, until it is answered.

    It goes on a trace that the client began (W3C Trace Context, `traceparent`).
    """

    def __init__(self, application: WSGIApplication, tracer: Tracer) -> None:
        self.application = application
        self.tracer = tracer
        spans.install(self._part)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        part = endpoint_of(environ["PATH_INFO"])
        if part not in TRACED:
            return self.application(environ, start_response)
        method = environ["REQUEST_METHOD"]
        shown = method if method in _METHODS else "HTTP"
        carrier = {to: environ[of] for to, of in _CALLERS.items() if of in environ}
        with self._span(
            f"{shown} {part}", context=_context.extract(carrier), kind=SpanKind.SERVER
        ) as span:
            span.set_attribute("http.request.method", shown)
            path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
            span.set_attribute("url.path", path)

            def started(status: str, headers: Any, exc_info: Any = None) -> Any:
                _note_status(span, int(status[:3]))
                return start_response(status, headers, exc_info)

            answer = self.application(environ, started)
            span.set_attribute("quaysite.request_id", environ.get(REQUEST_ID_META, ""))
            return answer

    @contextmanager
    def _part(self, name: str) -> Iterator[Span]:
        with self._span(name) as span:
            yield span

    @contextmanager
    def _span(self, name: str, **options: Any) -> Iterator[Span]:
        """A span that tells of an error no more than its class."""
        with self.tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False, **options
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                raise


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
