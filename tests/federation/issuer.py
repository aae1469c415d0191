"""A real issuer on this machine: HTTP or HTTPS, real keys, and bad manners on demand.

Plain HTTP needs `settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True`, and HTTPS the
`trusted` fixture of the tests that use it (a CA file, and an internal issuer).
"""

import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from django.core.cache import cache

from federation import jwks
from tests.federation.signer import Signer

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"

_DRIP_SECONDS = 0.02


@dataclass(frozen=True)
class Answer:
    """What a path answers. `drip` sends byte by byte, for ever: "head" or "body".

    `drop` hangs up without a word. `wait` holds the answer until the event is set.
    """

    body: str | bytes = "{}"
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    drip: str = ""
    drop: bool = False
    wait: threading.Event | None = None
    length: int | None = None
    raw: bytes = b""


class FakeIssuer:
    """`with FakeIssuer() as issuer`: serves discovery and the signer's keys.

    `answers[path]` takes the place of what a path answers; `claims` changes the
    discovery document. `fetches` counts requests by path, `connections` what came
    before any request. `stop` and `start` again keep the address.
    """

    def __init__(
        self,
        *,
        algorithm: str = "RS256",
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        name: str = "",
        path: str = "",
    ) -> None:
        self._tls = tls
        self._host, self._port = host, 0
        self._name, self._path = name or host, path
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.stopping = threading.Event()
        self.answers: dict[str, Answer] = {}
        self.claims: dict[str, Any] = {}
        self.headers: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.fetches: Counter[str] = Counter()
        self.connections = 0
        self.start()
        self.signer = Signer(issuer=self.url, algorithm=algorithm)
        # Another test may have had an issuer on this very port.
        cache.clear()
        jwks.forget_keys()

    @property
    def port(self) -> int:
        return self._port

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._name}:{self._port}"

    @property
    def url(self) -> str:
        """The issuer, as tokens and trusts name it."""
        return self.origin + self._path

    @property
    def total(self) -> int:
        """Requests to any path."""
        return self.fetches.total()

    def answer(self, path: str) -> Answer:
        """What `path` answers now."""
        if path in self.answers:
            return self.answers[path]
        if path == self._path.removesuffix("/") + DISCOVERY:
            document = {"issuer": self.url, "jwks_uri": self.origin + KEYS}
            return Answer(json.dumps(document | self.claims))
        if path == KEYS:
            return Answer(self.signer.jwks(), content_type="application/jwk-set+json")
        return Answer(status=404)

    def fail(self, status: int = 503) -> None:
        """Answer everything with an error from now on; still counted."""
        self.answers |= {path: Answer(status=status) for path in self._paths()}

    def recover(self) -> None:
        """Answer as a good issuer does."""
        self.answers.clear()

    def start(self) -> None:
        """Listen, on the same port as before."""
        self.stopping.clear()
        self._server = _Server(self, (self._host, self._port), self._tls)
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def stop(self) -> None:
        """Let go of the port: connections are refused."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def note(self, path: str, headers: dict[str, str]) -> None:
        """Count a request."""
        with self._lock:
            self.fetches[path] += 1
            self.headers.append(headers)

    def note_connection(self) -> None:
        with self._lock:
            self.connections += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _paths(self) -> tuple[str, str]:
        return self._path.removesuffix("/") + DISCOVERY, KEYS


class _Server(ThreadingHTTPServer):
    """Threads that end with it, so that no socket of a test outlives the test."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self, issuer: FakeIssuer, at: tuple[str, int], tls: ssl.SSLContext | None
    ) -> None:
        self.issuer = issuer
        self._tls = tls
        super().__init__(at, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The handshake has its place here: a slow one must not hold up the others."""
        self.issuer.note_connection()
        if self._tls is not None:
            try:
                request = self._tls.wrap_socket(request, server_side=True)
            except OSError:
                return self.shutdown_request(request)
        return super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up in these tests, and that is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        issuer = self.server.issuer
        issuer.note(path, dict(self.headers.items()))
        self._send(issuer.answer(path), issuer.stopping)
        self.close_connection = True

    def do_POST(self) -> None:
        """As GET, once the form is read: it is kept in `forms`."""
        form = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.issuer.forms.append(dict(parse_qsl(form.decode())))
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        """Nothing: what is asked is counted."""

    def _send(self, answer: Answer, stopping: threading.Event) -> None:
        if answer.wait is not None:
            answer.wait.wait(10)
        if answer.drop:
            return
        if answer.raw:
            self.wfile.write(answer.raw)
            return
        if answer.drip == "head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._drip(stopping.wait)
            return
        body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not answer.drip and "Transfer-Encoding" not in answer.headers:
            length = len(body) if answer.length is None else answer.length
            if length >= 0:
                self.send_header("Content-Length", str(length))
        self.end_headers()
        if answer.drip:
            self._drip(stopping.wait)
        self.wfile.write(body)

    def _drip(self, pause: Callable[[float], bool]) -> None:
        while not pause(_DRIP_SECONDS):
            self.wfile.write(b" ")
