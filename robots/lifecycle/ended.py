"""What has ended and counts for nothing any more: found, and deleted in batches."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from robots import audit
from robots.audit import Performer
from robots.lifecycle.permissions import name_of
from robots.models import (
    ImportedSecret,
    Namespace,
    PermissionChange,
    RepositoryPermission,
    RobotToken,
    TokenOrigin,
)
from robots.models.permission_changes import Change

BATCH = 1_000
"""Rows of one transaction: long ones would make logins wait."""

PURGED = "purge_repo_permissions"


def ended_static_tokens(now: datetime) -> QuerySet[RobotToken]:
    """Those that were replaced or given an end, and are past it."""
    return RobotToken.objects.filter(origin=TokenOrigin.STATIC, expires_at__lte=now)


def ended_imported_secrets(now: datetime) -> QuerySet[ImportedSecret]:
    """Those that nobody used before their end."""
    return ImportedSecret.objects.filter(expires_at__lte=now)


def ended_permissions(now: datetime) -> QuerySet[RepositoryPermission]:
    """Time-boxed permissions whose time is over."""
    return RepositoryPermission.objects.filter(expires_at__lte=now)


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete them, each batch in a transaction of its own; tells how many they were.

    A row that somebody else is just changing is left for the next time.
    """
    model: type[Model] = rows.model
    total, deleted = 0, BATCH
    while deleted == BATCH:
        with transaction.atomic():
            keys = [row.pk for row in _batch(rows.only("pk"))]
            model._default_manager.filter(pk__in=keys).delete()
        deleted = len(keys)
        total += deleted
    return total


def delete_permissions(rows: QuerySet[RepositoryPermission], by: Performer) -> int:
    """Delete them in batches as `delete_in_batches` does, and tell the audit.

    Each batch is one event for each grantee and namespace, with a PermissionChange for
    each repository.
    """
    named = rows.select_related(
        "namespace", "repository", "user", "team", "robot__namespace"
    )
    total, deleted = 0, BATCH
    while deleted == BATCH:
        with transaction.atomic():
            batch = list(_batch(named))
            keys = [permission.pk for permission in batch]
            RepositoryPermission.objects.filter(pk__in=keys).delete()
            _record(batch, by)
        deleted = len(keys)
        total += deleted
    return total


def _batch(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The first rows, locked: one that got a new end meanwhile is not among them."""
    return rows.select_for_update(of=("self",), skip_locked=True).order_by("pk")[:BATCH]


def _record(batch: Sequence[RepositoryPermission], by: Performer) -> None:
    for _, group in groupby(sorted(batch, key=_whose), key=_whose):
        permissions = list(group)
        _record_one(permissions[0].namespace, permissions, by)


def _whose(permission: RepositoryPermission) -> tuple[int, ...]:
    columns = (permission.robot_id, permission.team_id, permission.user_id)
    return (permission.namespace_id, *(key or 0 for key in columns))


def _record_one(
    namespace: Namespace, permissions: Sequence[RepositoryPermission], by: Performer
) -> None:
    grantee: Any = permissions[0].grantee
    count = {"removed": len(permissions)}
    event = audit.record(PURGED, by, namespace, **name_of(grantee), counts=count)
    PermissionChange.objects.bulk_create(
        PermissionChange(
            event=event,
            repository_name=permission.repository.name,
            change=Change.REMOVED,
            before_role=permission.role,
            before_until=permission.expires_at,
        )
        for permission in permissions
    )
