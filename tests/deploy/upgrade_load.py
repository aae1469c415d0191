"""Clients of the upgrade check: each makes robots, grants, pulls, renews, and deletes.

Each request goes to any of the servers, so that what one version wrote the other one
has to understand at once.
"""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from tests.deploy.versions import Servers
from tests.e2e.accounts import Account

CLIENTS = 4
SECONDS = 60
RIGHT = frozenset({200, 201, 204})

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Cast:
    """An organization with a private repository `web`, and who may do what there."""

    organization: str
    bearer: str
    reader: Account


@dataclass(frozen=True)
class Wrong:
    """An answer that nobody may get; status 0 is none at all."""

    phase: str
    server: str
    deed: str
    status: int
    said: str


class Load:
    """What the clients have been answered so far, by phase, server and deed."""

    def __init__(self, servers: Servers, cast: Cast) -> None:
        self._servers = servers
        self._cast = cast
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.phase = "before"
        self.answers: Counter[tuple[str, str, str, int]] = Counter()
        self.wrong: list[Wrong] = []
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return once every client has its last answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * SECONDS)

    def _work(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            try:
                self._round(f"c{number}x{count}")
            except _WasWrong:
                continue

    def _round(self, name: str) -> None:
        """The life of a robot."""
        organization = self._cast.organization
        robots = f"/api/v1/organization/{organization}/robots"
        permission = f"/api/v1/repository/{organization}/web/permissions/user/" + quote(
            f"{organization}+{name}"
        )
        full_name = f"{organization}+{name}"
        self._pull("login", self._cast.reader)
        made = self._api("create", "PUT", f"{robots}/{name}", {"description": "x"})
        self._api("grant", "PUT", permission, {"role": "read"})
        self._pull("login of a new robot", Account(full_name, made["token"]))
        renewed = self._api("regenerate", "POST", f"{robots}/{name}/regenerate", {})
        self._post_form(Account(full_name, renewed["token"]))
        shown = self._api("read", "GET", f"{robots}/{name}", None)
        if shown["token"] != renewed["token"]:
            self._note("", "read", 0, "another token than the one that was made")
        self._api("delete", "DELETE", f"{robots}/{name}", None)

    def _pull(self, deed: str, account: Account) -> None:
        query = urlencode({"service": "127.0.0.1:5000", "scope": self._scope})
        headers = {"Authorization": f"Basic {account.basic}"}
        self._granted(deed, self._ask(deed, "GET", f"/v2/auth?{query}", headers))

    def _post_form(self, account: Account) -> None:
        form = {
            "grant_type": "password",
            "username": account.name,
            "password": account.secret,
            "service": "127.0.0.1:5000",
            "scope": self._scope,
            "client_id": "upgrade",
        }
        deed, headers = "login by POST", {"Content-Type": FORM}
        answer = self._ask(deed, "POST", "/v2/auth", headers, urlencode(form))
        self._granted(deed, answer)

    @property
    def _scope(self) -> str:
        return f"repository:{self._cast.organization}/web:pull"

    def _granted(self, deed: str, answer: Any) -> None:
        token = answer.get("token") or answer["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        if claims["access"][0]["actions"] != ["pull"]:
            self._note("", deed, 0, f"granted {claims['access']}")

    def _api(self, deed: str, method: str, path: str, document: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._cast.bearer}"}
        body = None
        if document is not None:
            headers["Content-Type"] = JSON
            body = json.dumps(document)
        return self._ask(deed, method, path, headers, body)

    def _ask(
        self,
        deed: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> Any:
        server, address = random.choice(self._servers.live)  # noqa: S311 - no secret
        connection = http.client.HTTPConnection(address, timeout=SECONDS)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            status, text = response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            status, text = 0, repr(error)
        finally:
            connection.close()
        self._note(server, deed, status, text)
        if status not in RIGHT:
            raise _WasWrong
        return json.loads(text) if text else None

    def _note(self, server: str, deed: str, status: int, text: str) -> None:
        with self._lock:
            self.answers[self.phase, server, deed, status] += 1
            if status not in RIGHT:
                self.wrong.append(Wrong(self.phase, server, deed, status, text[:300]))


class _WasWrong(Exception):
    """The rest of this robot's life makes no sense."""


@contextmanager
def load(servers: Servers, cast: Cast) -> Iterator[Load]:
    """Clients are at work during this block."""
    made = Load(servers, cast)
    made.start()
    try:
        yield made
    finally:
        made.stop()
