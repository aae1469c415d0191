"""The service on a port of this machine, as long as a block lasts."""

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from abuse.needs import Api, Exchange, Issuer, Needs, Person, Robot
from tests.abuse.stub import api, token_endpoint
from tests.abuse.stub.answers import Reply, Request, answer
from tests.abuse.stub.exchange import Exchange as ExchangeOfStub
from tests.abuse.stub.world import Broken, Refused, World


@dataclass(frozen=True)
class Stub:
    """A running one, and all that the kit needs to attack it."""

    url: str
    world: World
    needs: Needs


@contextmanager
def serving(*flaws: str) -> Iterator[Stub]:
    """A service with these flaws and no others."""
    world = World(frozenset(flaws))
    handler = type(
        "Handler", (_Handler,), {"world": world, "exchange": ExchangeOfStub(world)}
    )
    server = _Server(("127.0.0.1", 0), handler)
    url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Stub(url, world, _needs(world, url))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _needs(world: World, url: str) -> Needs:
    one, other = (
        Robot(
            f"{n}+ci",
            world.robots[f"{n}+ci"].secret,
            f"{n}/web",
            ("pull",),
            f"{n}/vault",
        )
        for n in ("acme", "globex")
    )
    tokens = (world.token_of(owner) for owner in ("acme", "globex", "auditor"))
    mine, theirs, auditor = tokens
    return Needs(
        robot=one,
        other_robot=other,
        person=Person("alice", world.people["alice"]),
        api=Api(f"{url}/api/v1", "acme", mine, "globex", theirs, auditor),
        exchange=Exchange(f"{url}/exchange"),
        issuer=Issuer(),
    )


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    world: World
    exchange: ExchangeOfStub

    def __getattr__(self, name: str) -> Any:
        """Every method of HTTP is answered in one place."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        reply = self._reply()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _reply(self) -> Reply:
        try:
            return self._routed(self._request())
        except Refused as refused:
            text = str(refused)
            if self.world.has("shows its stack"):
                text = traceback.format_exc()
            return answer(refused.status, {"errors": [{"message": text}]})
        except Broken as error:
            return answer(500, {"error": str(error)})
        except (ValueError, KeyError, TypeError, RecursionError):
            return answer(400, {"error": "invalid_request"})

    def _routed(self, request: Request) -> Reply:
        self.world.asked += 1
        if request.path.startswith("/api/v1/"):
            self.world.changes += request.method != "GET"
            return api.reply(self.world, request)
        if request.path == "/exchange":
            return self.exchange.reply(request)
        if request.path == "/auth":
            return token_endpoint.tokens(self.world, request)
        return token_endpoint.ping(self.world, request)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_form = "form" in self.headers.get("Content-Type", "")
        return Request(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query),
            parse_qs(body.decode(errors="replace")) if is_form else {},
            {name.lower(): value for name, value in self.headers.items()},
            body,
            self.client_address[0],
            f"http://{self.headers['Host']}",
        )

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
