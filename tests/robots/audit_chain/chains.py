"""Chains to tamper with, and what the verification says of them."""

from typing import Any

from django.db import connection

from robots import audit
from robots.audit_chain.findings import Head, Report
from robots.audit_chain.sealing import Sealer
from robots.audit_chain.verifying import Verifier
from robots.models import AuditEvent, AuditSeal
from robots.models.permission_changes import Change, PermissionChange
from robots.roles import Role
from tests import factories
from tests.audit_triggers import lifted


def events(count: int = 3) -> list[int]:
    """The ids of new events, which nothing seals yet."""
    return [
        audit.record("create_robot", factories.BY, None, robot=f"ci-{n}").pk
        for n in range(count)
    ]


def bulk_event() -> int:
    """An event with small print: what a bulk change did to two repositories."""
    event = audit.record("change_repo_permissions", factories.BY, None, role="read")
    PermissionChange.objects.bulk_create(
        PermissionChange(
            event=event,
            repository_name=name,
            change=Change.CHANGED,
            before_role=Role.READ,
            before_until=event.created_at,
        )
        for name in ("web", "api")
    )
    return event.pk


def chain(seals: int = 3, each: int = 3) -> list[list[int]]:
    """The ids of the events of each new seal."""
    made = []
    for _ in range(seals):
        made.append(events(each))
        assert Sealer().seal() == each
    return made


def verified(**options: Any) -> Report:
    return Verifier("default", **options).run()


def problems(**options: Any) -> list[str]:
    return [str(problem) for problem in verified(**options).problems]


def head() -> Head:
    seal = AuditSeal.objects.latest("number")
    return Head(seal.number, seal.hash)


def tamper(sql: str, *values: Any) -> None:
    """As an intruder with the database's own power does; something must change."""
    with lifted(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Whoever writes to the file is not checked either.
            cursor.execute("PRAGMA ignore_check_constraints = 1")
        cursor.execute(sql, values)
        assert cursor.rowcount > 0, sql
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = 0")


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))
