"""An issuer of tokens that the kit runs: it counts who asks it for what."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from abuse.needs import Issuer
from abuse.tokens import Pen

DISCOVERY = "/.well-known/openid-configuration"

Reply = tuple[int, dict[str, str], bytes]


class OwnIssuer:
    """Several issuers on one address, each below a path of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: Counter[str] = Counter()
        self._replies: dict[str, Callable[[], Reply]] = {}

    def open(self, name: str, pen: Pen, **discovery: Any) -> str:
        """An issuer's URL, with its documents; `discovery` changes what it says."""
        issuer = f"{self.url}/{name}"
        said = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"} | discovery
        self.serve(f"/{name}{DISCOVERY}", said)
        self.serve(f"/{name}/keys", {"keys": [pen.jwk()]})
        return issuer

    def serve(self, path: str, document: Any) -> None:
        """Answer `path` with a JSON document."""
        body = json.dumps(document).encode()
        self._replies[path] = lambda: (200, {"Content-Type": "application/json"}, body)

    def redirect(self, path: str, to: str) -> None:
        """Answer `path` with where else it might be."""
        self._replies[path] = lambda: (302, {"Location": f"{self.url}{to}"}, b"")

    def close(self, name: str) -> None:
        """Answer 503 from now on."""
        for path in list(self._replies):
            if path.startswith(f"/{name}/"):
                self._replies[path] = lambda: (503, {}, b"")

    def requests_below(self, path: str) -> int:
        """How many requests came for what is below a path."""
        return sum(count for seen, count in self.asked.items() if seen.startswith(path))

    def reply(self, path: str) -> Reply:
        """Count the request, and answer it."""
        self.asked[path] += 1
        found = self._replies.get(path)
        return found() if found else (404, {}, b"")


@contextmanager
def listening(given: Issuer) -> Iterator[OwnIssuer]:
    """The issuer answers during this block. Raises OSError if the address is taken."""
    host, _, port = given.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), _Handler)
    issuer = OwnIssuer(given.url.rstrip("/") or f"http://{host}:{server.server_port}")
    server.issuer = issuer  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer: OwnIssuer = self.server.issuer  # type: ignore[attr-defined]
        status, headers, body = issuer.reply(self.path)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """What was asked is counted."""
