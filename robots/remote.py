"""Other registries that an operator names at the command line, and asks by HTTP.

Whoever runs a command chose the address, so private ones are asked too. The answer
is still not trusted: it neither chooses where else to ask, nor how much is read.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from robots.credentials import Secret
from robots.errors import DomainError

MAX_BYTES = 32 * 1024 * 1024
"""Of one answer's body."""

TIMEOUT = 30.0
"""Seconds to connect, and seconds without a byte."""

MAX_TRIES = 5
"""Of one request, while the other end says that it is busy."""

MAX_PAUSE = 30.0
"""Seconds between two tries, whatever Retry-After says."""

_BUSY = frozenset({429, 502, 503, 504})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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
    """One registry. `authorization` is that header, and travels by https only."""

    def __init__(
        self,
        url: str,
        *,
        authorization: Secret | None = None,
        ca_file: str | None = None,
    ) -> None:
        """Raises DomainError for an address that is none, or not asked with a secret.

        Plain http is for this machine itself.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DomainError(f"{url!r} is not a URL (https://HOST)")
        if parts.username or parts.query or parts.fragment:
            raise DomainError("The URL may have a host, a port and a path, no more")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise DomainError(f"{url}: only this machine is asked without https")
        self.url = url.rstrip("/")
        self._authorization = authorization
        self._pool = urllib3.PoolManager(
            ca_certs=ca_file, cert_reqs="CERT_REQUIRED", retries=False
        )

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
        headers = {"Accept": "application/json", "User-Agent": "Quaysite"}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.reveal()
        try:
            response = self._pool.request(
                "GET",
                f"{self.url}{path}",
                fields=dict(query) or None,
                headers=headers,
                redirect=False,
                preload_content=False,
                timeout=Timeout(connect=TIMEOUT, read=TIMEOUT),
            )
            with response:
                return response.status, response.headers, _body(path, response)
        except (HTTPError, OSError, ValueError) as error:
            kind = type(error).__name__
            raise RemoteFailed(f"{self.url}{path} did not answer ({kind})") from None


def _body(path: str, response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    for piece in response.stream(64 * 1024, decode_content=True):
        body += piece
        if len(body) > MAX_BYTES:
            raise RemoteFailed(f"{path}: the answer has more than {MAX_BYTES} bytes")
    return bytes(body)


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
