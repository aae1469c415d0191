"""What a seeded site holds: names, secrets and permissions, told by arithmetic alone.

`benchmarks.seed` writes it into a database; a load generator asks here what to send,
and needs no database. The same numbers make the same world, always.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from robots.credentials import TOKEN_ALPHABET

ROBOTS_OF_ONE = 1000
"""Robots of one organization, where there are enough of them."""

FEWEST_ORGANIZATIONS = 10
STRIDE = 7919
"""A prime: the repositories of a robot lie this far apart, and its neighbours' too."""

EVERY_PUSHED = 5
"""A robot may push to every fifth of its repositories, the first one among them."""

PEOPLE_PASSWORD = "a benchmark's password"  # noqa: S105 - of no real site

_SEED = "quaysite benchmark"
_LETTERS = bytes(ord(TOKEN_ALPHABET[byte % 36]) for byte in range(256))


@dataclass(frozen=True)
class World:
    """So many robots, with so many permissions of their own; teams' come on top.

    Raises ValueError for numbers that make no world: no robot, fewer permissions
    than robots, or STRIDE permissions a robot.
    """

    robots: int
    permissions: int

    def __post_init__(self) -> None:
        if self.robots < 1 or not 1 <= self.each < STRIDE:
            raise ValueError(f"1 to {STRIDE - 1} permissions a robot are wanted")

    @property
    def each(self) -> int:
        """Permissions of one robot."""
        return self.permissions // max(self.robots, 1)

    @cached_property
    def organizations(self) -> int:
        return max(FEWEST_ORGANIZATIONS, -(-self.robots // ROBOTS_OF_ONE))

    @cached_property
    def robots_of_one(self) -> int:
        """Robots of one organization; the last ones may have fewer."""
        return -(-self.robots // self.organizations)

    @cached_property
    def repositories_of_one(self) -> int:
        """Repositories of one organization."""
        return max(self.robots_of_one, self.each)

    @cached_property
    def people(self) -> int:
        return max(self.organizations, self.robots // 100)

    def organization_of(self, number: int) -> str:
        return f"org-{number // self.robots_of_one}"

    def robot_name(self, number: int) -> str:
        """The full name of the robot with this number, from 0 on."""
        return f"{self.organization_of(number)}+ci-{number % self.robots_of_one}"

    def repositories_of(self, number: int) -> list[str]:
        """Full names of what this robot has permissions of its own on, and may pull."""
        organization, first = self.organization_of(number), number % self.robots_of_one
        return [
            f"{organization}/app-{(first + turn * STRIDE) % self.repositories_of_one}"
            for turn in range(self.each)
        ]


def secret_of(number: int) -> str:
    """The static token of the robot with this number."""
    return _secret(f"robot {number}")


def app_secret_of(number: int) -> str:
    """The app-specific token of `person-<number>`."""
    return _secret(f"person {number}")


def _secret(whose: str) -> str:
    # 64 bytes, one for each character. That some letters come oftener is no danger.
    found = hashlib.sha512(f"{_SEED} {whose}".encode()).digest()
    return found.translate(_LETTERS).decode()
