"""Traces: real servers, and a collector that takes OTLP over HTTP."""

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.quaysite.servers import (
    BOTH,
    SERVE,
    Running,
    database,
    migrated,
    start,
    until,
)

__all__ = ["database", "migrated", "start"]

PATH = "/v2/auth?service=127.0.0.1:5000&scope=repository:acme/web:pull"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


class Collector:
    """Takes what is sent to /v1/traces."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> list[Span]:
        return [
            span
            for request in list(self.requests)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans() if span.name == name]

    def services(self) -> set[str]:
        return {
            attribute.value.string_value
            for request in self.requests
            for resource in request.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def attributes(span: Span) -> dict[str, str]:
    return {
        found.key: found.value.string_value or str(found.value.int_value)
        for found in span.attributes
    }


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"acme+ci:{secret}".encode()).decode()


@BOTH
def test_a_token_is_a_span_of_its_callers_trace(
    command: list[str],
    database: Path,
    collector: Collector,
    start: Callable[..., Running],
) -> None:
    server = start(
        command,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="200",
        OTEL_SERVICE_NAME="quay-of-this-test",
    )
    server.manage("create_organization", "acme")
    secret = server.manage("create_robot", "acme+ci").split()[-1]
    asked = {**SAMPLED, "X-Request-ID": "trace-0001"}
    assert server.get(PATH, Authorization=basic(secret), **asked) == 200
    assert server.get(PATH, Authorization=basic("CANARY-wrong")) == 401
    assert (
        server.get("/api/v1/user/?token=CANARY", Authorization="Bearer CANARY") == 401
    )
    assert server.get("/oauth2/federation/robot/token", Authorization=basic("x")) == 401
    assert server.get("/healthz") == 200
    until(lambda: len(collector.named("GET token")) == 2)
    until(lambda: bool(collector.named("GET api") and collector.named("GET exchange")))
    server.process.stop()

    (granted,) = [s for s in collector.named("GET token") if s.trace_id.hex() == TRACE]
    assert granted.parent_span_id.hex() == PARENT
    assert granted.kind == Span.SPAN_KIND_SERVER
    assert attributes(granted) == {
        "http.request.method": "GET",
        "url.path": "/v2/auth",
        "http.response.status_code": "200",
        "quaysite.request_id": "trace-0001",
    }
    parts = {
        span.name: span.parent_span_id
        for span in collector.spans()
        if span.trace_id.hex() == TRACE and span is not granted
    }
    assert parts.keys() >= {"authentication", "decision", "signing"}
    assert parts["signing"] == granted.span_id
    refused = [
        s for s in collector.named("authentication") if s.trace_id.hex() != TRACE
    ]
    assert [attributes(span) for span in refused] == [{"error.type": "WrongSecret"}]
    assert collector.services() == {"quay-of-this-test"}
    assert not {"GET probe", "GET other"} & {span.name for span in collector.spans()}
    sent = b"".join(request.SerializeToString() for request in collector.requests)
    for canary in (secret.encode(), b"CANARY", b"Basic", base64.b64encode(b"acme+ci")):
        assert canary not in sent


def test_a_stop_sends_what_was_not_sent_yet(
    database: Path, collector: Collector, start: Callable[..., Running]
) -> None:
    server = start(
        SERVE,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="600000",
    )
    for _ in range(8):
        assert server.get(PATH, **SAMPLED) == 200
    assert collector.named("GET token") == []
    server.process.stop()
    assert len(collector.named("GET token")) == 8


def test_a_collector_that_is_away_delays_nobody(
    database: Path, start: Callable[..., Running]
) -> None:
    server = start(SERVE, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert [server.get(PATH) for _ in range(20)] == [200] * 20


def test_without_the_packages_it_serves_and_says_so(
    database: Path, tmp_path: Path, start: Callable[..., Running]
) -> None:
    """A package of the same name that is empty stands for one that is not there."""
    (tmp_path / "hidden" / "opentelemetry").mkdir(parents=True)
    (tmp_path / "hidden" / "opentelemetry" / "__init__.py").touch()
    server = start(
        SERVE,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        PYTHONPATH=str(tmp_path / "hidden"),
    )
    assert server.get(PATH) == 200
    assert b"requirements-tracing.txt has it" in server.log("err")
