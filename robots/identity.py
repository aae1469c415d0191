"""Who is asking: passed as an argument from authentication to every decision.

An Identity says who and how, never whether it may; it holds no secret.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from robots.roles import Role, TeamRole, UserRole


class Kind(StrEnum):
    """The three sorts of callers."""

    # As it equals its text. Enum's own is a function of Python, called for each lookup.
    __hash__ = str.__hash__

    ANONYMOUS = "anonymous"
    USER = "user"
    ROBOT = "robot"


_ANONYMOUS = Kind.ANONYMOUS
# As a name of the module: to look it up in its class costs ten times as much.


class Method(StrEnum):
    """How the caller proved who it is."""

    __hash__ = str.__hash__

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - the name of a method, not a secret
    STATIC_TOKEN = "static"  # noqa: S105
    FEDERATED_TOKEN = "federated"  # noqa: S105
    OIDC_TOKEN = "oidc"  # noqa: S105
    SESSION = "session"
    OAUTH_TOKEN = "oauth"  # noqa: S105
    APP_TOKEN = "app"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that an OAuth token lets its holder do; None means nothing at all."""

    repository: Role | None = None
    namespace: TeamRole | None = None
    user: UserRole | None = None
    site: bool = False


class Identity(NamedTuple):
    """A caller, authenticated or anonymous.

    `id` is the primary key of the robot or user. `namespace_id` is the only
    namespace a robot may act in. `credential_id` is the robot's or app-specific
    token that was shown (an issuer's token has none), and `credential_expires_at`
    when it ends. `site_role` is the role that a site administrator with full
    access, or a site auditor, has on everything. `by_replica`: only a replica of the
    database spoke for it.
    """

    kind: Kind
    name: str
    id: int | None = None
    namespace_id: int | None = None
    method: Method = Method.NONE
    ceiling: Ceiling | None = None
    is_site_admin: bool = False
    site_role: Role | None = None
    credential_id: int | None = None
    credential_expires_at: datetime | None = None
    by_replica: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def is_anonymous(self) -> bool:
        return self.kind is _ANONYMOUS

    @property
    def acts_for_site(self) -> bool:
        """Whether the powers of a site administrator are within the ceiling."""
        return self.ceiling is None or self.ceiling.site

    @property
    def role_everywhere(self) -> Role | None:
        """The role on every repository of every namespace; None for nearly all."""
        return self.site_role if self.acts_for_site else None


ANONYMOUS = Identity(kind=Kind.ANONYMOUS, name="(anonymous)")
