"""A server that answers as a Quay does, from a table: recorded, or hostile."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3

from tests.robots.importing.json_server import answering


class Said(NamedTuple):
    """One answer. A body that is not bytes is sent as JSON."""

    body: Any
    status: int = 200


@dataclass
class Quay:
    """What the server answers, by the path below /api/v1, with its query or without.

    What is not in the table is asked of `source`, if that is there, and remembered.
    `fails` is the answer to the request number `fails_at`, and to all after it.
    """

    answers: dict[str, Any]
    source: str | None = None
    token: str = "quaysecret"
    fails_at: int | None = None
    fails: int = 500
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, target: str, authorization: str | None) -> Said:
        path = target.removeprefix("/api/v1")
        self.requests.append(path)
        if self.fails_at is not None and len(self.requests) >= self.fails_at:
            return Said({"message": "no more"}, self.fails)
        if authorization != f"Bearer {self.token}":
            return Said({"error_type": "invalid_token"}, 401)
        for key in (path, urlsplit(path).path):
            if key in self.answers:
                said = self.answers[key]
                return said if isinstance(said, Said) else Said(said)
        if self.source is None:
            return Said({"error_type": "not_found"}, 404)
        self.answers[path] = _asked(self.source + target, self.token)
        return self.answers[path]  # type: ignore[no-any-return]


def _asked(url: str, token: str) -> Said:
    # A connection that lived on would keep the other server's one to its database.
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    response = urllib3.request("GET", url, headers=headers, timeout=10)
    return Said(response.data, response.status)


@contextmanager
def served(answers: Mapping[str, Any], **fields: Any) -> Iterator[Quay]:
    """A Quay that listens on this machine until the block ends."""
    quay = Quay(dict(answers), **fields)
    with answering(lambda *asked: quay.answer(*asked)) as quay.url:
        yield quay
