"""Other registries that an operator names at the command line, and asks by HTTP.

Whoever runs a command chose the address, so private ones are asked too. The answer
is still not trusted: it neither chooses where else to ask, nor how much is read.
"""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from urllib3 import HTTPResponse

from robots.credentials import Secret
from robots.errors import DomainError
from robots.outbound.asking import FetchFailed, Rules, Sent, ask, body_of

MAX_BYTES = 32 * 1024 * 1024
"""Of one answer's body."""

TIMEOUT = 60.0
"""Seconds for all of one answer, from the name of its host to its last byte."""

MAX_TRIES = 5
"""Of one request, while the other end says that it is busy."""

MAX_PAUSE = 30.0
"""Seconds between two tries, whatever Retry-After says."""

_BUSY = frozenset({429, 502, 503, 504})

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine itself."""


class RemoteFailed(DomainError):
    """No usable answer; `status` is 0 where there was none at all.

    The message has no header and no secret, and nothing of the answer's body.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A document that was answered with 200, and the headers that came with it."""

    document: Any
    headers: Mapping[str, str]


class Remote:
    """One registry. `authorization` is that header, and travels by https only.

    Where it does not last, it is a function that is called for each request.
    """

    def __init__(
        self,
        url: str,
        *,
        authorization: Secret | Callable[[], Secret] | None = None,
        ca_file: str | None = None,
    ) -> None:
        """Raises DomainError for an address that is none, or not asked with a secret.

        Plain http is for this machine itself. `ca_file` has the certificates (PEM) to
        trust in place of the system's; raises DomainError where it has none.
        """
        parts = _parts(url)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise DomainError(f"{url}: only this machine is asked without https")
        context = _context(ca_file)
        self.url = url.rstrip("/")
        self._authorization = authorization
        self._rules = Rules(TIMEOUT, True, True, lambda: context)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """The JSON document at `path`, which begins with `/`. Raises RemoteFailed."""
        for tried in range(1, MAX_TRIES + 1):
            status, headers, body = self._ask(path, query or {})
            if status == 200:
                return Answer(_document(path, body), headers)
            if status not in _BUSY or tried == MAX_TRIES:
                break
            time.sleep(_pause(headers, tried))
        raise RemoteFailed(f"{self.url}{path} answered {status}", status)

    def _ask(
        self, path: str, query: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Accept": "application/json"}
        authorization = self._authorization
        if callable(authorization):
            authorization = authorization()
        if authorization is not None:
            headers["Authorization"] = authorization.reveal()
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            return ask(url, self._rules, Sent("GET", None, headers), _answer)
        except FetchFailed as failed:
            text = f"{self.url}{path} did not answer ({failed.reason})"
            raise RemoteFailed(text) from None


def _parts(url: str) -> SplitResult:
    """Raises DomainError, which does not repeat an address that may hold a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not parts.hostname:
        raise DomainError("The registry's address is not a URL (https://HOST)")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise DomainError("The URL may have a host, a port and a path, no more")
    return parts


def _context(path: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        kind = type(error).__name__
        raise DomainError(f"--ca-file: {path} cannot be used ({kind})") from None


def _answer(response: HTTPResponse) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers, and the body of a document."""
    body = body_of(response, MAX_BYTES) if response.status == 200 else b""
    return response.status, response.headers, body


def _document(path: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RemoteFailed(f"{path}: the answer is not JSON") from None


def _pause(headers: Mapping[str, str], tried: int) -> float:
    """Seconds to wait: what the other end asks for, else longer with each try."""
    wanted = headers.get("Retry-After", "")
    seconds = float(wanted) if wanted.isdecimal() else 2.0 ** (tried - 1)
    return min(seconds, MAX_PAUSE)
