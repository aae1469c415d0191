"""What `benchmarks.parts.bulk` measures, inside the process of a site."""

import io
import json
import resource
import time as clock
import tracemalloc
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from robots.audit import Performer
from robots.lifecycle.organizations import create_organization
from robots.models import Namespace, Repository, Robot
from robots.roles import Role

BY = Performer.command("benchmark")
_RAW = (
    "INSERT INTO robots_repositorypermission"
    " (namespace_id, repository_id, robot_id, role, created_at)"
    " SELECT r.namespace_id, r.id, g.id, %s, %s"
    " FROM robots_robot g CROSS JOIN robots_repository r"
    " WHERE r.namespace_id = %s AND g.namespace_id = %s"
    " ON CONFLICT (repository_id, robot_id) DO UPDATE SET role = excluded.role"
)
_FORGET = {
    "postgresql": (
        "TRUNCATE robots_repositorypermission",
        "ALTER TABLE robots_permissionchange DISABLE TRIGGER USER",
        "TRUNCATE robots_permissionchange",
        "ALTER TABLE robots_permissionchange ENABLE TRIGGER USER",
    ),
    "sqlite": (
        "DELETE FROM robots_repositorypermission",
        "DROP TRIGGER IF EXISTS robots_permissionchange_no_delete",
        "DELETE FROM robots_permissionchange",
    ),
}
"""The database is thrown away; a real one does not let go of what was audited."""


def make(organization: str, robots: int, repositories: int) -> None:
    """An organization with so many of each."""
    acme = create_organization(organization, BY)
    Repository.objects.bulk_create(
        (Repository(namespace=acme, name=f"app-{n:06}") for n in range(repositories)),
        batch_size=1000,
    )
    Robot.objects.bulk_create(
        Robot(namespace=acme, name=f"ci-{n:04}") for n in range(robots)
    )
    # What the planner knows of the tables is of the time before all of these.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def time(organization: str, times: int) -> None:
    """Print seconds, the best of several turns: new rows, the same, another role."""
    best: dict[str, dict[str, float]] = {}
    steps = (("fresh", "read"), ("repeated", "read"), ("another role", "write"))
    for _ in range(times):
        for who, deed in (("raw", _raw), ("ours", _ours)):
            _clean()
            for name, role in steps:
                seconds = best.setdefault(name, {})
                seconds[who] = min(
                    seconds.get(who, 1e9), _seconds(deed, organization, role)
                )
    baseline = best["fresh"]["raw"]
    fresh = {f"{name}, to fresh": best[name]["ours"] for name, _ in steps[1:]}
    against = {name: {"raw": baseline, "ours": ours} for name, ours in fresh.items()}
    print(json.dumps({**best, **against}))


def memory(organization: str, times: int) -> None:
    """Print MiB that one change takes: of the process, and of Python's objects."""
    call_command("check", stdout=io.StringIO())
    before = _resident()
    for _ in range(times):
        _ours(organization, "read")
    process = _resident() - before
    tracemalloc.start()
    _ours(organization, "write")
    _, python = tracemalloc.get_traced_memory()
    print(json.dumps({"process": process, "Python": python / 2**20}))


def _raw(organization: str, role: str) -> None:
    acme = Namespace.objects.get(name=organization)
    parameters: list[Any] = [Role.from_name(role), timezone.now(), acme.pk, acme.pk]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RAW, parameters)


def _ours(organization: str, role: str) -> None:
    to = (organization, role, "--to", f"{organization}+*", "--all", "--json")
    call_command("set_permissions", *to, stdout=io.StringIO())


def _clean() -> None:
    with connection.cursor() as cursor:
        for statement in _FORGET[connection.vendor]:
            cursor.execute(statement)


def _seconds(deed: Callable[[str, str], None], organization: str, role: str) -> float:
    start = clock.perf_counter()
    deed(organization, role)
    return clock.perf_counter() - start


def _resident() -> float:
    """The most that the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
