"""One client: a connection to each server, kept as long as it lasts."""

import http.client
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from benchmarks.faults.answers import Answer, IsRight, Reply, Verdict, summary, verdict
from tests.e2e.endpoint import MANIFESTS

PATIENCE = 30
"""Seconds that a client waits for an answer, as docker does at least."""

_PAUSE = 0.05
"""Seconds after which a client that was cut off comes back."""


class Client:
    """Asks one question after another, and keeps what was made of the answers.

    `acknowledged` are the ids of requests that changed something and were told so.
    """

    def __init__(self) -> None:
        self._lines: dict[str, http.client.HTTPConnection] = {}
        self.answers: list[Answer] = []
        self.acknowledged: list[str] = []

    def ask(
        self,
        kind: str,
        is_right: IsRight,
        address: str,
        path: str,
        *,
        method: str = "GET",
        login: str = "",
        form: Mapping[str, str] | None = None,
        document: Any = None,
        changes: bool = False,
    ) -> Reply | None:
        """The answer if it is right; None for every other, and for none.

        What `changes` something is acknowledged by a right answer.
        """
        request_id = secrets.token_hex(16)
        headers = {"X-Request-ID": request_id, "Accept": f"{MANIFESTS},*/*"}
        if login:
            headers["Authorization"] = login
        body = _body(form, document, headers)
        began = time.monotonic()
        reply = self._exchange(address, method, path, body, headers)
        found = verdict(reply, is_right)
        said = summary(reply) if reply and found is Verdict.WRONG else ""
        self.answers.append(Answer(kind, found, began, time.monotonic(), said))
        if found is Verdict.CUT:
            time.sleep(_PAUSE)
        if found is not Verdict.RIGHT:
            return None
        if changes:
            self.acknowledged.append(request_id)
        return reply

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _exchange(
        self,
        address: str,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Reply | None:
        line = self._line(address)
        try:
            line.request(method, path, body=body, headers=dict(headers))
            response = line.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, named, response.read())
        except (OSError, http.client.HTTPException):
            line.close()
            return None

    def _line(self, address: str) -> http.client.HTTPConnection:
        if address not in self._lines:
            made = http.client.HTTPConnection(address, timeout=PATIENCE)
            self._lines[address] = made
        return self._lines[address]


def _body(
    form: Mapping[str, str] | None, document: Any, headers: dict[str, str]
) -> bytes | None:
    """The body of a form or of a document; `headers` are told its type."""
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return urlencode(form).encode()
    if document is not None:
        headers["Content-Type"] = "application/json"
        return json.dumps(document).encode()
    return None
