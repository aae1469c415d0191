"""Permissions as they are held and audited, for tests of many at once."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from robots.lifecycle.permissions import Grantee
from robots.lifecycle.wanted import Wanted
from robots.models import AuditEvent, PermissionChange, RepositoryPermission
from robots.roles import Role

END = datetime(2040, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
READ, WRITE, NONE = Wanted(Role.READ), Wanted(Role.WRITE), Wanted(None)
TEMPORARY = ("wanted_", "differences_", "events_")


def stored() -> list[tuple[Any, ...]]:
    """Every permission, with all that a set may write."""
    columns = ("repository__name", "user", "robot", "team", "role", "expires_at")
    rows = RepositoryPermission.objects.order_by("repository__name", "pk")
    return sorted(rows.values_list(*columns), key=repr)


def held(grantee: Grantee) -> dict[str, Wanted]:
    rows = RepositoryPermission.objects.select_related("repository")
    return {
        row.repository.name: Wanted(Role(row.role), row.expires_at)
        for row in rows
        if row.grantee == grantee
    }


def bulk_events() -> list[AuditEvent]:
    found = AuditEvent.objects.filter(kind="change_repo_permissions")
    return list(found.order_by("pk"))


def small_print(event: AuditEvent) -> dict[str, tuple[str, int | None, Any]]:
    rows = PermissionChange.objects.filter(event=event)
    return {
        row.repository_name: (
            row.get_change_display(),
            row.before_role,
            row.before_until,
        )
        for row in rows
    }


def temporary_tables() -> list[str]:
    found = {
        "sqlite": "SELECT name FROM sqlite_temp_master",
        "postgresql": "SELECT relname FROM pg_class WHERE relpersistence = 't'"
        " AND relkind = 'r'",
    }
    with connection.cursor() as cursor:
        cursor.execute(found[connection.vendor])
        names = [name for (name,) in cursor.fetchall()]
    return [name for name in names if name.startswith(TEMPORARY)]
