"""Who is meant by the IDENTITY of a command, and what that grantee has already."""

from robots.errors import DomainError
from robots.explain import identity_of_robot
from robots.identity import ANONYMOUS, Identity
from robots.lifecycle.permissions import Grantee, column_of
from robots.lookup import account_named, team_named
from robots.models import Repository, RepositoryPermission, Robot
from robots.names import TEAM_PREFIX
from robots.people import identity_of_person

NOBODY = "anonymous"


def grantee_named(text: str, repository: Repository) -> Grantee:
    """`namespace+robot`, `team:NAME` of the repository's organization, or a user.

    Raises NotFound.
    """
    if text.startswith(TEAM_PREFIX):
        return team_named(repository.namespace, text.removeprefix(TEAM_PREFIX))
    return account_named(text)


def identity_named(text: str) -> Identity:
    """`namespace+robot`, a user, or `anonymous`, as if it had just logged in.

    Raises NotFound, or DomainError for a team, which never asks for anything.
    """
    if text == NOBODY:
        return ANONYMOUS
    if text.startswith(TEAM_PREFIX):
        raise DomainError("A team does not log in: name one of its members")
    account = account_named(text)
    if isinstance(account, Robot):
        return identity_of_robot(account)
    return identity_of_person(account)


def permission_of(
    grantee: Grantee, repository: Repository
) -> RepositoryPermission | None:
    """The grantee's own permission, ended or not, locked until the transaction ends."""
    permissions = RepositoryPermission.objects.select_for_update()
    return permissions.filter(repository=repository, **column_of(grantee)).first()


def facts_of(permission: RepositoryPermission) -> dict[str, str | None]:
    """The role and the end of a permission, for --json."""
    until = permission.expires_at
    return {
        "role": permission.get_role_display(),
        "until": until.isoformat() if until else None,
    }


def words_for(permission: RepositoryPermission) -> str:
    """The role and the end of a permission, for people."""
    role, until = permission.get_role_display(), permission.expires_at
    return f"{role} until {until.isoformat()}" if until else f"{role}"
