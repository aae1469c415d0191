"""What the service knows, and the decisions that it takes."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

SERVICE = "stub.registry.example"
ACTIONS = {"pull", "push", "delete", "*"}


class Refused(Exception):
    """Answered with this status; the text is what the client is told."""

    def __init__(self, status: int, text: str = "unauthorized") -> None:
        super().__init__(text)
        self.status = status


class Broken(Exception):
    """Answered with 500; the text is shown."""


@dataclass
class Robot:
    name: str
    secret: str
    enabled: bool = True
    trusts: list[dict[str, Any]] = field(default_factory=list)
    old: set[str] = field(default_factory=set)

    @property
    def namespace(self) -> str:
        return self.name.partition("+")[0]


def new_secret() -> str:
    return secrets.token_hex(32).upper()


class World:
    """Two namespaces, `acme` and `globex`, with a robot and two repositories each."""

    def __init__(self, flaws: frozenset[str]) -> None:
        self.flaws = flaws
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.people = {"alice": secrets.token_urlsafe(66)}
        self.tokens = {
            secrets.token_urlsafe(30): owner for owner in ("acme", "globex", "auditor")
        }
        self.robots: dict[str, Robot] = {}
        self.repositories: set[str] = set()
        self.grants: dict[tuple[str, str], set[str]] = {}
        self.refresh: dict[str, str] = {}
        self.failures: dict[str, int] = {}
        self.asked = self.changes = 0
        for namespace in ("acme", "globex"):
            self.add_robot(f"{namespace}+ci")
            self.repositories |= {f"{namespace}/web", f"{namespace}/vault"}
            self.grants[f"{namespace}+ci", f"{namespace}/web"] = {"pull"}

    def has(self, flaw: str) -> bool:
        """Whether the service is broken in this way."""
        return flaw in self.flaws

    def token_of(self, owner: str) -> str:
        """Who administers a namespace shows it."""
        return next(token for token, whose in self.tokens.items() if whose == owner)

    def add_robot(self, name: str) -> Robot:
        self.robots[name] = Robot(name, new_secret())
        return self.robots[name]

    def authenticate(self, name: str, secret: str, address: str) -> str:
        """Who it is. Raises Refused."""
        counted = name if self.has("locks everybody out") else f"{name} {address}"
        if self.failures.get(counted, 0) > 9:
            raise Refused(429)
        if self._is_right(name, secret):
            return name.strip() if name in self.people else self._robot_name(name)
        self.failures[counted] = self.failures.get(counted, 0) + 1
        raise Refused(401, f"wrong: {secret}" if self.has("shows secrets") else "wrong")

    def _robot_name(self, name: str) -> str:
        return name if "+" in name else f"acme+{name}"

    def _is_right(self, name: str, secret: str) -> bool:
        if self.has("has a default password") and (name, secret) == ("admin", "admin"):
            return True
        if name in self.people:
            return self._same(secret, self.people[name])
        if self.has("takes bare names") and "+" not in name:
            name = f"acme+{name}"
        robot = self.robots.get(name)
        if robot is None:
            return False
        if self.has("keeps old secrets") and secret in robot.old:
            return True
        enabled = robot.enabled or self.has("lets the disabled in")
        return enabled and self._same(secret, robot.secret)

    def _same(self, shown: str, right: str) -> bool:
        if self.has("reads 72 bytes"):
            return shown[:72] == right[:72]
        if self.has("ignores case of secrets"):
            return shown.lower() == right.lower()
        return secrets.compare_digest(shown.encode(), right.encode())

    def decide(self, who: str | None, repository: str, actions: set[str]) -> set[str]:
        """What of `actions` may be done."""
        if who is None:
            return set()
        if self.has("lets robots everywhere"):
            return actions & ACTIONS if repository in self.repositories else set()
        if self.has("believes names") and "+scanner-" in who:
            return actions & ACTIONS
        may = self.grants.get((who, repository), set())
        if may and self.has("widens scopes"):
            return actions & ACTIONS
        return actions & may
