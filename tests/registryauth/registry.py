"""A registry's catalog on this machine, with real HTTP, and bad manners on demand.

It lists names in pages as CNCF Distribution does. Tokens are checked with the
published key and PyJWT alone.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from registryauth import signing

SERVICE = "127.0.0.1:5000"
CATALOG_ACCESS = [{"type": "registry", "name": "catalog", "actions": ["*"]}]


@dataclass(frozen=True)
class Reply:
    """What is answered in place of a page of the catalog."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Query = dict[str, str]
Manners = Callable[[Query], Reply]


def page(names: Any, link: str | None = None) -> Reply:
    """A page with these names, which need not be names, and this Link header."""
    headers = {} if link is None else {"Link": link}
    return Reply(json.dumps({"repositories": names}).encode(), headers=headers)


class FakeRegistry:
    """`with FakeRegistry(names) as registry`: serves `/v2/_catalog` at `url`.

    `manners` answers in its place. `queries` are those that came, `tokens` the
    verified claims that came with them.
    """

    def __init__(
        self, names: Sequence[str] = (), manners: Manners | None = None
    ) -> None:
        self.names = list(names)
        self.manners = manners or self._page
        self.queries: list[Query] = []
        self.paths: list[str] = []
        self.tokens: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._keys = {key["kid"]: jwt.PyJWK(key) for key in signing.jwks()["keys"]}
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, authorization: str) -> Reply:
        parts = urlsplit(path)
        self.paths.append(parts.path)
        if not self._believes(authorization):
            return Reply(b'{"errors": []}', 401)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.queries.append(query)
        return self.manners(query)

    def _believes(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                *(token, key.key, [key.algorithm_name]),
                audience=SERVICE,
                issuer="quaysite",
            )
        except (jwt.PyJWTError, KeyError):
            return False
        self.tokens.append(claims)
        return scheme == "Bearer" and claims["access"] == CATALOG_ACCESS

    def _page(self, query: Query) -> Reply:
        count, last = int(query["n"]), query.get("last")
        start = 0 if last is None else self.names.index(last) + 1
        names = self.names[start : start + count]
        if start + count >= len(self.names):
            return page(names)
        further = urlencode({"last": names[-1], "n": count})
        return page(names, f'</v2/_catalog?{further}>; rel="next"')


def _handler(registry: FakeRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = registry.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test's output is for the test."""

    return Handler
