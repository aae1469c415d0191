"""An issuer of tokens on this machine: discovery, keys, and a pen."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.federation.signer import Signer


@contextmanager
def issuing() -> Iterator[Signer]:
    """Signs RS256, as most issuers do; its documents can be fetched in this block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Documents)
    url = f"http://127.0.0.1:{server.server_port}"
    signer = Signer(url)
    documents = {
        "/keys": signer.jwks(),
        "/.well-known/openid-configuration": json.dumps(
            {"issuer": url, "jwks_uri": f"{url}/keys"}
        ),
    }
    _Documents.documents = documents
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield signer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
