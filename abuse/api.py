"""A REST API in Quay's format, and what the kit makes there: named, and removed."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from abuse.asking import Answer, Asker
from abuse.needs import Robot
from abuse.verdict import NotApplicable

PREFIX = "abuse"
"""Everything that the kit makes has it in its name."""


def new_name(kind: str = "") -> str:
    """A name that nothing has yet."""
    parts = [PREFIX, *([kind] if kind else []), secrets.token_hex(4)]
    return "-".join(parts)


class NotCreated(NotApplicable):
    """The API does not make such a thing."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API as one caller, who administers `namespace`."""

    asker: Asker
    url: str
    namespace: str
    token: str = field(repr=False)

    def call(self, method: str, path: str, document: Any = None) -> Answer:
        """One call; paths begin with a slash."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.asker.ask(
            f"{self.url.rstrip('/')}{path}",
            method=method,
            headers=headers,
            document=document,
        )

    def get(self, path: str) -> Answer:
        """What is there."""
        return self.call("GET", path)

    def robot_path(self, name: str) -> str:
        """Where a robot is, by its full or its short name."""
        short = name.rpartition("+")[2]
        return f"/organization/{self.namespace}/robots/{short}"

    def secret_of(self, answer: Answer) -> str:
        """The token in an answer about a robot, or ""."""
        said = answer.json if answer.status in (200, 201) else None
        secret = str(said.get("token") or "") if isinstance(said, dict) else ""
        self.asker.secrets.add(secret)
        return secret

    @contextmanager
    def robot(self, name: str = "") -> Iterator["MadeRobot"]:
        """A new robot, gone after this block. Raises NotCreated if there is none."""
        name = name or new_name()
        made = self.call("PUT", self.robot_path(name), {"description": "abuse kit"})
        try:
            if made.status not in (200, 201):
                raise NotCreated(f"no robot could be created: {made.status}")
            full = str(made.json.get("name"))
            self.asker.secrets.add_account(full, self.secret_of(made))
            yield MadeRobot(self, full, self.secret_of(made))
        finally:
            self.call("DELETE", self.robot_path(name))

    @contextmanager
    def repository(self) -> Iterator[str]:
        """A new private repository, gone after this block. Raises NotApplicable."""
        name = new_name()
        said = {
            "namespace": self.namespace, "repository": name,
            "visibility": "private", "description": "abuse kit",
        }  # fmt: skip
        made = self.call("POST", "/repository", said)
        full = f"{self.namespace}/{name}"
        try:
            if made.status not in (200, 201):
                raise NotApplicable(f"no repository could be created: {made.status}")
            yield full
        finally:
            self.call("DELETE", f"/repository/{full}")


@dataclass(frozen=True, slots=True)
class MadeRobot:
    """A robot of the kit's own."""

    api: Api
    name: str
    secret: str = field(repr=False)

    @property
    def path(self) -> str:
        """Where it is."""
        return self.api.robot_path(self.name)

    def account(self) -> Robot:
        """It, as somebody who logs in."""
        return Robot(self.name, self.secret)

    def trust(self, *entries: dict[str, Any]) -> Answer:
        """Replace its trusts."""
        return self.api.call("POST", f"{self.path}/federation", list(entries))

    def trusts(self) -> Sequence[dict[str, Any]]:
        """What the service says that it trusts."""
        said = self.api.get(f"{self.path}/federation").json
        return [entry for entry in said or [] if isinstance(entry, dict)]
