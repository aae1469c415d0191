"""What an access file says: plain values, the same for a file and for the database.

Pure. A mapping called `fields` holds just those columns that are said; one that is not
said is left as it is. A section that is None is not said at all. `line` is the place in
the file, 0 where there is none, and no part of what is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from robots.roles import Role

ORGANIZATION_FIELDS = (
    "enabled",
    "email",
    "invoice_email",
    "invoice_email_address",
    "tag_expiration_s",
)
TEAM_FIELDS = ("role", "description")
ROBOT_FIELDS = ("description", "enabled", "expires_at", "metadata")
REPOSITORY_FIELDS = ("visibility", "state", "mirror_robot", "description")

Fields = Mapping[str, Any]
"""Values as models have them: Role, TeamRole, State, Visibility, bool, int, str,
datetime with a zone, None. `mirror_robot` is the short name of a robot."""


@dataclass(frozen=True, slots=True)
class GrantDocument:
    """The role of one grantee on one repository; a role of None is to be taken away."""

    role: Role | None
    until: datetime | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class TeamDocument:
    """`members` are `namespace+robot` and user names, each with its line."""

    fields: Fields = field(default_factory=dict)
    members: Mapping[str, int] | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RobotDocument:
    """`trusts` are in order, as `robots.accessfile.trusts` has each of them."""

    fields: Fields = field(default_factory=dict)
    trusts: tuple[Mapping[str, Any], ...] | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RepositoryDocument:
    """`permissions` go by grantee: `namespace+robot`, `team:NAME` or a user name."""

    fields: Fields = field(default_factory=dict)
    permissions: Mapping[str, GrantDocument] | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DefaultPermissionDocument:
    """What new repositories grant; `creator` limits it to those of one creator."""

    grantee: str
    role: Role
    creator: str | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class NamespaceDocument:
    """One namespace. A partial one does not claim that its sections are complete."""

    personal: bool = False
    partial: bool = False
    fields: Fields = field(default_factory=dict)
    teams: Mapping[str, TeamDocument] | None = None
    robots: Mapping[str, RobotDocument] | None = None
    repositories: Mapping[str, RepositoryDocument] | None = None
    default_permissions: tuple[DefaultPermissionDocument, ...] | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AccessFile:
    """Namespaces by name, and what the file is called where errors name it."""

    namespaces: Mapping[str, NamespaceDocument]
    source: str = field(default="", compare=False)
