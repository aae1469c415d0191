"""The one way out: bounded, never redirected, and to no origin but those agreed to."""

import contextlib
import http.client
import json
import random
import ssl
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from abuse.masking import Secrets
from abuse.origins import NotAllowed, Origin, origin_of

MOST_BYTES = 1_000_000
"""Of an answer; the rest is not read."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Spent(Exception):
    """The run has asked as often, or lasted as long, as it may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` 0 says that the connection ended without an answer."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    @property
    def refused(self) -> bool:
        """A clear no."""
        return 400 <= self.status < 500

    @property
    def broke(self) -> bool:
        """An error of the server's own."""
        return self.status >= 500

    @property
    def json(self) -> Any:
        """The document, or None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def header(self, name: str) -> str:
        """The value of a header, or ""."""
        return self.headers.get(name.lower(), "")


@dataclass(slots=True)
class Limits:
    """How much a run may ask: in requests, and in seconds altogether and for one."""

    requests: int = 4000
    seconds: float = 300
    timeout: float = 15


@dataclass
class Asker:
    """Asks the origins in `allowed`. Every answer that is an error is kept in `errors`.

    On this machine each request comes from another address of 127.0.0.0/8, where the
    system has them, so that a limit of wrong secrets does not stop the run.
    """

    allowed: set[Origin]
    limits: Limits
    secrets: Secrets = field(default_factory=Secrets)
    ca_file: str | None = None
    errors: list[tuple[str, Answer]] = field(default_factory=list)
    count: int = 0
    _begun: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str | bytes] | None = None,
        form: Iterable[tuple[str, str]] | None = None,
        document: Any = None,
        body: bytes | None = None,
        source: str | None = None,
    ) -> Answer:
        """One request. Raises NotAllowed, Spent, or OSError if nobody listens."""
        origin = origin_of(url)
        if origin not in self.allowed:
            raise NotAllowed(f"{origin} is not what was to be tested")
        self._spend()
        sent, kind = _body(form, document, body)
        answer = self._send(
            origin, method, url, {**kind, **(headers or {})}, sent, source
        )
        if answer.status >= 400:
            self.errors.append((f"{method} {urlsplit(url).path}", answer))
        return answer

    def source(self) -> str | None:
        """An address of this machine that nothing came from yet; None elsewhere."""
        everywhere = all(origin.is_loopback for origin in self.allowed)
        if not (everywhere and sys.platform == "linux"):
            return None
        parts = (random.randint(1, 250) for _ in range(3))  # noqa: S311 - no secret
        return ".".join(["127", *map(str, parts)])

    def _spend(self) -> None:
        with self._lock:
            self.count += 1
            over = self.count > self.limits.requests
        if over:
            raise Spent(f"the limit of {self.limits.requests} requests is reached")
        if time.monotonic() - self._begun > self.limits.seconds:
            raise Spent(f"the limit of {self.limits.seconds:g} seconds is reached")

    def _send(
        self,
        origin: Origin,
        method: str,
        url: str,
        headers: Mapping[str, str | bytes],
        body: bytes | None,
        source: str | None,
    ) -> Answer:
        connection = self._connection(origin, source or self._own_source(origin))
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.connect()
        begun = time.monotonic()
        try:
            # Whoever refuses a body may answer before the whole of it was sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            said = response.read(MOST_BYTES).decode(errors="replace")
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, said, time.monotonic() - begun)
        except (http.client.HTTPException, OSError) as error:
            return Answer(0, {}, f"{type(error).__name__}", time.monotonic() - begun)
        finally:
            connection.close()

    def _own_source(self, origin: Origin) -> str | None:
        return self.source() if origin.host.startswith("127.") else None

    def _connection(
        self, origin: Origin, source: str | None
    ) -> http.client.HTTPConnection:
        bound = (source, 0) if source else None
        timeout = self.limits.timeout
        if origin.scheme == "http":
            return http.client.HTTPConnection(
                origin.host, origin.port, timeout=timeout, source_address=bound
            )
        return http.client.HTTPSConnection(
            origin.host,
            origin.port,
            timeout=timeout,
            source_address=bound,
            context=ssl.create_default_context(cafile=self.ca_file),
        )


def _body(
    form: Iterable[tuple[str, str]] | None, document: Any, body: bytes | None
) -> tuple[bytes | None, Mapping[str, str]]:
    if form is not None:
        return urlencode(list(form)).encode(), FORM
    if document is not None:
        return json.dumps(document).encode(), JSON
    return body, {}
