"""The ladders of rights, and what each step of them allows.

Pure: no database, no clock, no network. Numbers are stored and compared, names
are shown and sent; no ladder may be reordered.
"""

from enum import StrEnum

from django.db.models import IntegerChoices


class Role(IntegerChoices):
    """What a grantee may do to one repository: read < write < admin."""

    READ = 1, "read"
    WRITE = 2, "write"
    ADMIN = 3, "admin"

    @classmethod
    def from_name(cls, name: str) -> "Role":
        """The role called `read`, `write` or `admin`; ValueError for any other."""
        return cls(cls.labels.index(name) + 1)


class TeamRole(IntegerChoices):
    """What a team may do in its organization: member < creator < admin."""

    MEMBER = 1, "member"
    CREATOR = 2, "creator"
    ADMIN = 3, "admin"

    @classmethod
    def from_name(cls, name: str) -> "TeamRole":
        """The role called `member`, `creator` or `admin`; ValueError for any other."""
        return cls(cls.labels.index(name) + 1)


class UserRole(IntegerChoices):
    """What a caller may do with a person's own account: read < admin."""

    READ = 1, "read"
    ADMIN = 2, "admin"


class Action(StrEnum):
    """What a registry client may ask to do, in the order a token lists it."""

    # As it equals its text. Enum's own is a function of Python, called for each lookup.
    __hash__ = str.__hash__

    PUSH = "push"
    PULL = "pull"
    ALL = "*"
    DELETE = "delete"


NEEDED_ROLE = {
    Action.PULL: Role.READ,
    Action.PUSH: Role.WRITE,
    Action.ALL: Role.ADMIN,
    Action.DELETE: Role.ADMIN,
}
"""The least role that allows each action (design rule R3)."""


class State(IntegerChoices):
    """Whether a repository takes pushes: from anybody, nobody, or its mirror robot."""

    NORMAL = 1, "NORMAL"
    READ_ONLY = 2, "READ_ONLY"
    MIRROR = 3, "MIRROR"


class Visibility(IntegerChoices):
    """Whether anybody may pull a repository, or only those with a grant."""

    PRIVATE = 1, "private"
    PUBLIC = 2, "public"
