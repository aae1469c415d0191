"""An answer, and how requests become one."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What came; `query` and `form` have every value of each name."""

    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    address: str
    url: str

    @property
    def json(self) -> Any:
        """The document; ValueError if it is none."""
        return json.loads(self.body or b"null")


def answer(status: int, document: Any, **headers: str) -> Reply:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status,
        json.dumps(document).encode(),
        {"Content-Type": "application/json", **said},
    )
