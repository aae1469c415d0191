"""What `benchmarks.parts.bulk` measures, inside the process of a site."""

import io
import json
import os
import resource
import time as clock
import tracemalloc
from collections.abc import Callable, Sequence
from statistics import median
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
    """Print medians of several turns: new rows, the same ones, another role."""
    turns: dict[str, list[dict[str, float]]] = {}
    steps = (("fresh", "read"), ("repeated", "read"), ("another role", "write"))
    for _ in range(times):
        raw, ours = (_turn(deed, organization, steps) for deed in (_raw, _ours))
        for name in raw:
            turns.setdefault(name, []).append({"raw": raw[name], "ours": ours[name]})
        for name, _role in steps[1:]:
            turns.setdefault(f"{name}, to fresh", []).append(
                {"raw": raw["fresh"], "ours": ours[name]}
            )
    print(json.dumps({name: _medians(found) for name, found in turns.items()}))


def _turn(
    deed: Callable[[str, str], None],
    organization: str,
    steps: Sequence[tuple[str, str]],
) -> dict[str, float]:
    """Seconds of each step, from no rows on."""
    _clean()
    return {name: _seconds(deed, organization, role) for name, role in steps}


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    ratios = [one["ours"] / one["raw"] for one in found]
    return {
        "raw": median(one["raw"] for one in found),
        "ours": median(one["ours"] for one in found),
        "ratio": median(ratios),
    }


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
    # What was written before is not to be waited for by what is measured next.
    os.sync()


def _seconds(deed: Callable[[str, str], None], organization: str, role: str) -> float:
    start = clock.perf_counter()
    deed(organization, role)
    return clock.perf_counter() - start


def _resident() -> float:
    """The most that the process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
