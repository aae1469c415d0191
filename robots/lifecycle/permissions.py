"""Repository permissions: grant a role to a user, robot or team, and revoke it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from robots import audit
from robots.audit import Performer
from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.models import Repository, RepositoryPermission, Robot, Team
from robots.roles import Role

Grantee = Robot | Team | AbstractBaseUser
"""Whom a permission may name."""


def grant(
    repository: Repository,
    grantee: Grantee,
    role: Role,
    by: Performer,
    expires_at: datetime | None = None,
) -> RepositoryPermission:
    """Give `grantee` exactly `role` on `repository`, in place of what it had directly.

    Raises ForeignNamespace for a robot or team of another namespace, DomainError
    for the namespace's owner, who is always admin.
    """
    _check_grantee(repository, grantee)
    with transaction.atomic():
        permission, _ = RepositoryPermission.objects.update_or_create(
            repository=repository,
            **_column(grantee),
            defaults={
                "namespace_id": repository.namespace_id,
                "role": role,
                "expires_at": expires_at,
            },
        )
        audit.record(
            "change_repo_permission",
            by,
            repository.namespace,
            repository,
            **_named(grantee),
            repo=repository.name,
            role=role.label,
            until=expires_at.isoformat() if expires_at else None,
        )
    return permission


def revoke(repository: Repository, grantee: Grantee, by: Performer) -> None:
    """Take away the direct permission; NotFound if there is none."""
    with transaction.atomic():
        removed, _ = RepositoryPermission.objects.filter(
            repository=repository, **_column(grantee)
        ).delete()
        if not removed:
            noun = "Team" if isinstance(grantee, Team) else "User"
            raise NotFound(f"{noun} does not have permission for repo.")
        audit.record(
            "delete_repo_permission",
            by,
            repository.namespace,
            repository,
            **_named(grantee),
            repo=repository.name,
        )


def _check_grantee(repository: Repository, grantee: Grantee) -> None:
    namespace = repository.namespace
    if isinstance(grantee, Robot) and grantee.namespace_id != namespace.pk:
        raise ForeignNamespace(
            f"Cannot add robot {grantee.full_name} under namespace {namespace.name}"
        )
    if isinstance(grantee, Team) and grantee.namespace_id != namespace.pk:
        raise ForeignNamespace(
            f"No team {grantee.name} in organization {namespace.name}"
        )
    if isinstance(grantee, AbstractBaseUser) and grantee.pk == namespace.owner_id:
        raise DomainError("Namespace owner must always be admin.")


def _column(grantee: Grantee) -> dict[str, Any]:
    if isinstance(grantee, Robot):
        return {"robot": grantee}
    if isinstance(grantee, Team):
        return {"team": grantee}
    return {"user": grantee}


def _named(grantee: Grantee) -> dict[str, str]:
    if isinstance(grantee, Robot):
        return {"username": grantee.full_name}
    if isinstance(grantee, Team):
        return {"team": grantee.name}
    return {"username": grantee.get_username()}
