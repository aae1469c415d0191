"""OAuth scopes of the API: what each lets the holder of a token do at most.

Pure: no database, no clock, no network. Names, meanings and the separators are
those of Quay's API (contract section 0.5). Not to be confused with the scopes
that a registry client asks for, which are in `registryauth.scopes`.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from robots.identity import Ceiling
from robots.roles import Role, TeamRole, UserRole


class OAuthScope(StrEnum):
    """Every scope that a token may have."""

    REPO_READ = "repo:read"
    REPO_WRITE = "repo:write"
    REPO_ADMIN = "repo:admin"
    REPO_CREATE = "repo:create"
    USER_READ = "user:read"
    USER_ADMIN = "user:admin"
    ORG_ADMIN = "org:admin"
    SUPER_USER = "super:user"


DESCRIPTIONS = {
    OAuthScope.REPO_READ: "View all repositories that you may see",
    OAuthScope.REPO_WRITE: "View, pull from and push to repositories",
    OAuthScope.REPO_ADMIN: "Administer your repositories",
    OAuthScope.REPO_CREATE: "Create repositories where you may",
    OAuthScope.USER_READ: "Read your account",
    OAuthScope.USER_ADMIN: "Administer your account, and so act as you",
    OAuthScope.ORG_ADMIN: "Administer your organizations, and by robots all in them",
    OAuthScope.SUPER_USER: "Administer the site, if you are a site administrator",
}
"""What a person reads before agreeing to a scope."""

_Step = TypeVar("_Step", Role, TeamRole, UserRole)

_REPOSITORY = {
    OAuthScope.REPO_READ: Role.READ,
    OAuthScope.REPO_WRITE: Role.WRITE,
    OAuthScope.REPO_ADMIN: Role.ADMIN,
}
_NAMESPACE = {
    OAuthScope.REPO_CREATE: TeamRole.CREATOR,
    OAuthScope.ORG_ADMIN: TeamRole.ADMIN,
}
_USER = {
    OAuthScope.USER_READ: UserRole.READ,
    OAuthScope.USER_ADMIN: UserRole.ADMIN,
}


def parse(text: str) -> frozenset[OAuthScope]:
    """The scopes in `text`, separated by spaces or commas.

    One that is unknown empties the set: a token never means less than it says.
    """
    words = [word for word in re.split(r"[ ,]+", text) if word]
    try:
        return frozenset(OAuthScope(word) for word in words)
    except ValueError:
        return frozenset()


def ceiling(scopes: Iterable[OAuthScope]) -> Ceiling:
    """The most that a token with `scopes` lets its holder do."""
    held = frozenset(scopes)
    return Ceiling(
        repository=_highest(_REPOSITORY, held),
        namespace=_highest(_NAMESPACE, held),
        user=_highest(_USER, held),
        site=OAuthScope.SUPER_USER in held,
    )


def _highest(
    ladder: Mapping[OAuthScope, _Step], held: frozenset[OAuthScope]
) -> _Step | None:
    return max((ladder[scope] for scope in held & ladder.keys()), default=None)
