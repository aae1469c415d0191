"""An issuer of tokens on this machine: discovery, keys, and a pen."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.federation.signer import Signer


class Issuer:
    """Signs with `algorithm`; its documents can be fetched while it is started."""

    def __init__(self, algorithm: str = "RS256") -> None:
        self._server: ThreadingHTTPServer | None = None
        self._address = ("127.0.0.1", 0)
        self.start()
        url = "http://{}:{}".format(*self._address)
        self.signer = Signer(url, algorithm)
        _Documents.documents = {
            "/keys": self.signer.jwks(),
            "/.well-known/openid-configuration": json.dumps(
                {"issuer": url, "jwks_uri": f"{url}/keys"}
            ),
        }

    def start(self) -> None:
        """Listen, at the same address as before."""
        self._server = ThreadingHTTPServer(self._address, _Documents)
        self._address = ("127.0.0.1", self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Have connections refused from now on."""
        if self._server is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None


@contextmanager
def issuing() -> Iterator[Signer]:
    """Signs RS256, as most issuers do; its documents can be fetched in this block."""
    issuer = Issuer()
    try:
        yield issuer.signer
    finally:
        issuer.stop()


class _Documents(BaseHTTPRequestHandler):
    documents: dict[str, str]

    def do_GET(self) -> None:
        body = self.documents.get(self.path, "{}").encode()
        self.send_response(200 if self.path in self.documents else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
