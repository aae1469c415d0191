"""Repository permissions: grant a role to a user, robot or team, and revoke it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit
from robots.audit import Performer
from robots.ends import check_end
from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.models import Namespace, Repository, RepositoryPermission, Robot, Team
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
    for the namespace's owner, who is always admin, and for an end that cannot be kept,
    NotFound if one of them is gone.
    """
    check_end("expires_at", expires_at)
    check_grantee(repository.namespace, grantee)
    try:
        with transaction.atomic():
            permission, _ = RepositoryPermission.objects.update_or_create(
                repository=repository,
                **column_of(grantee),
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
                **name_of(grantee),
                repo=repository.name,
                role=role.label,
                until=expires_at.isoformat() if expires_at else None,
            )
    except IntegrityError:
        raise NotFound("The repository or the grantee has just been deleted") from None
    return permission


def revoke(repository: Repository, grantee: Grantee, by: Performer) -> None:
    """Take away the direct permission; NotFound if there is none."""
    with transaction.atomic():
        removed, _ = RepositoryPermission.objects.filter(
            repository=repository, **column_of(grantee)
        ).delete()
        if not removed:
            noun = "Team" if isinstance(grantee, Team) else "User"
            raise NotFound(f"{noun} does not have permission for repo.")
        audit.record(
            "delete_repo_permission",
            by,
            repository.namespace,
            repository,
            **name_of(grantee),
            repo=repository.name,
        )


def check_grantee(namespace: Namespace, grantee: Grantee) -> None:
    """Raise DomainError for whom no permission in `namespace` may name."""
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


def column_of(grantee: Grantee) -> dict[str, Any]:
    """The field of a permission that holds `grantee`, for filters and new rows."""
    if isinstance(grantee, Robot):
        return {"robot": grantee}
    if isinstance(grantee, Team):
        return {"team": grantee}
    return {"user": grantee}


def name_of(grantee: Grantee) -> dict[str, str]:
    """How audit events name `grantee`."""
    if isinstance(grantee, Robot):
        return {"username": grantee.full_name}
    if isinstance(grantee, Team):
        return {"team": grantee.name}
    return {"username": grantee.get_username()}
