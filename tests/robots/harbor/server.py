"""A server that answers as Harbor's API does (its api/v2.0/swagger.yaml), in pages."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.robots.importing.json_server import answering

USER, PASSWORD = "admin", "Harbor12345"


def robot(short: str, project: str, *actions: str, **fields: Any) -> dict[str, Any]:
    """One robot of a project; Harbor lists what it may do with it."""
    access = [{"resource": "repository", "action": action} for action in actions]
    return {
        "id": 7,
        "name": f"robot${project}+{short}",
        "description": "",
        "duration": -1,
        "expires_at": -1,
        "disable": False,
        "editable": True,
        "level": "project",
        "permissions": [{"kind": "project", "namespace": project, "access": access}],
        **fields,
    }


@dataclass
class Harbor:
    """Projects by name, with their robots; `answers` come before them, by list."""

    robots: dict[str, list[Any]]
    system: list[Any] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, target: str, authorization: str | None) -> tuple[int, Any]:
        self.requests.append(target)
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if authorization != f"Basic {pair}":
            return 401, {"errors": [{"code": "UNAUTHORIZED"}]}
        parts = urlsplit(target)
        said = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v2.0")
        key = said.get("q", path)
        if key in self.statuses:
            return self.statuses[key], {"errors": []}
        items = self.answers.get(key, self._list(key))
        if not isinstance(items, list):
            return 200, items
        size = int(said["page_size"])
        start = (int(said["page"]) - 1) * size
        return 200, items[start : start + size]

    def _list(self, key: str) -> list[Any]:
        names = list(self.robots)
        if key == "/projects":
            return [{"project_id": n, "name": name} for n, name in enumerate(names, 2)]
        if key == "Level=system":
            return self.system
        number = int(key.removeprefix("Level=project,ProjectID="))
        return self.robots[names[number - 2]]


@contextmanager
def served(robots: dict[str, list[Any]], **fields: Any) -> Iterator[Harbor]:
    """A Harbor that listens on this machine until the block ends."""
    harbor = Harbor(robots, **fields)

    def answer(path: str, authorization: str | None) -> tuple[Any, int]:
        status, said = harbor.answer(path, authorization)
        return said, status

    with answering(answer) as harbor.url:
        yield harbor
