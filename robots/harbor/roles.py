"""What a robot of Harbor may do, as a role of ours. Pure.

Harbor asks for `pull`, `push` and `delete` on the resource `repository` when a registry
is used (src/server/middleware/v2auth in its source). Its other resources are about its
own API, and nothing here is like them.
"""

from collections.abc import Iterable

from robots.errors import DomainError
from robots.harbor.records import Access
from robots.roles import Role

_ALL = "*"
_REPOSITORIES = frozenset({"repository", _ALL})
_ROLES = {
    "pull": Role.READ,
    "push": Role.WRITE,
    "delete": Role.ADMIN,
    _ALL: Role.ADMIN,
}
_ALLOW = frozenset({"allow", ""})
"""Harbor takes an effect that is not said for `allow`."""


def role_of(project: str, accesses: Iterable[Access], most: Role) -> Role | None:
    """The role on every repository of the project, `most` at the most; None for none.

    Raises DomainError for what a robot cannot have here: anything in another place
    than its own project, and rules that deny.
    """
    roles = []
    for access in accesses:
        if access.project != project:
            raise DomainError(
                "it may act outside of one project; robots here never cross namespaces"
            )
        if access.effect not in _ALLOW:
            raise DomainError("it has a rule that denies, and there are none here")
        if access.resource in _REPOSITORIES and access.action in _ROLES:
            roles.append(_ROLES[access.action])
    return min(max(roles), most) if roles else None


def unlike_ours(accesses: Iterable[Access]) -> list[str]:
    """What has no role of ours, as `resource:action`."""
    return [
        f"{access.resource}:{access.action}"
        for access in accesses
        if access.resource not in _REPOSITORIES or access.action not in _ROLES
    ]
