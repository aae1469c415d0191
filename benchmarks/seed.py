"""A site with many robots, repositories and permissions, in seconds to minutes.

The database (DATABASE_URL, or the SQLite file of VAR_DIR) must be migrated and empty.
`python -m benchmarks.seed --robots 20000 --permissions 500000`; `benchmarks.world`
tells what is in it.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from benchmarks import seed_sql
from benchmarks.bulk_loading import (
    fast_loading,
    insert,
    is_postgresql,
    without_indexes,
)
from benchmarks.world import (
    EVERY_PUSHED,
    PEOPLE_PASSWORD,
    STRIDE,
    World,
    app_secret_of,
    secret_of,
)
from federation.entries import Entry
from federation.models import Trust, columns
from robots.credentials import Secret, digest, seal
from robots.models import AppToken, Namespace, Repository, Robot, Team
from robots.roles import Role, State, Visibility

AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When all of it was created."""

ISSUER = "https://issuer.example.test"
ROBOTS_A_TRUST = 10
_EVENT = (
    "kind",
    "namespace_id",
    "namespace_name",
    "repository_name",
    "performer_kind",
    "performer_name",
    "request_id",
    "created_at",
    "facts",
)
_PERMISSIONS = "robots_repositorypermission"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robots", type=int, default=20_000)
    parser.add_argument("--permissions", type=int, default=500_000, help="of robots")
    given = parser.parse_args()
    start = time.perf_counter()
    # SQLite looks at each foreign key, unless it is told before the transaction.
    connection.disable_constraint_checking()
    with transaction.atomic():
        fill(World(given.robots, given.permissions))
    connection.enable_constraint_checking()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if is_postgresql() else "ANALYZE")
    print(f"seeded in {time.perf_counter() - start:.1f} s")


def fill(world: World) -> None:
    """Write all rows of `world`, in the transaction that this is called in.

    Raises SystemExit unless the database is empty.
    """
    if Namespace.objects.exists() or get_user_model().objects.exists():
        raise SystemExit("The database is not empty.")
    values = _values(world)
    with fast_loading(), connection.cursor() as cursor:
        cursor.execute(seed_sql.CREATE_SERIES)
        cursor.execute(seed_sql.FILL_SERIES, values)
        if is_postgresql():
            cursor.execute("ANALYZE series")
        for statement in seed_sql.SMALL_TABLES:
            cursor.execute(statement, values)
        _fill_from_python(world)
        with without_indexes(_PERMISSIONS):
            for statement in seed_sql.PERMISSIONS:
                cursor.execute(statement, values)
        cursor.execute(seed_sql.DROP_SERIES)
        for statement in connection.ops.sequence_reset_sql(no_style(), _keyed()):
            cursor.execute(statement)


def _keyed() -> list[type[Model]]:
    """The models whose keys were given, so that sequences know nothing of them."""
    return [get_user_model(), Namespace, Robot, Repository, Team]


def _values(world: World) -> dict[str, Any]:
    numbers = (
        "robots",
        "each",
        "organizations",
        "robots_of_one",
        "repositories_of_one",
        "people",
    )
    return {
        **{name: getattr(world, name) for name in numbers},
        "length": max(
            world.organizations * max(world.repositories_of_one, 20), world.people
        ),
        "stride": STRIDE,
        "every_pushed": EVERY_PUSHED,
        "at": connection.ops.adapt_datetimefield_value(AT),
        "password": make_password(PEOPLE_PASSWORD),
        "read": Role.READ.value,
        "write": Role.WRITE.value,
        "public": Visibility.PUBLIC.value,
        "private": Visibility.PRIVATE.value,
        "normal": State.NORMAL.value,
    }


def _fill_from_python(world: World) -> None:
    """What takes a key or a digest, or a time of its own."""
    at = connection.ops.adapt_datetimefield_value(AT)
    insert(
        "robots_robottoken",
        ("robot_id", "origin", "digest", "sealed", "created_at"),
        _tokens(world, at),
    )
    insert(
        AppToken._meta.db_table,
        ("uuid", "user_id", "title", "digest", "created_at"),
        _app_tokens(world, at),
    )
    insert("robots_auditevent", _EVENT, _events(world))
    Trust.objects.bulk_create(_trusts(world), batch_size=1000)


def _tokens(world: World, at: Any) -> Iterator[tuple[Any, ...]]:
    for number in range(world.robots):
        secret = Secret(secret_of(number))
        digested = digest(secret)
        yield number + 1, "static", digested, seal(secret, digested), at


def _app_tokens(world: World, at: Any) -> Iterator[tuple[Any, ...]]:
    for number in range(world.people):
        digested = digest(Secret(app_secret_of(number)))
        yield f"{number:032x}", number + 1, "laptop", digested, at


def _events(world: World) -> Iterator[tuple[Any, ...]]:
    """One a robot, a second after the one before."""
    for number in range(world.robots):
        at = connection.ops.adapt_datetimefield_value(AT + timedelta(seconds=number))
        place = (number // world.robots_of_one + 1, world.organization_of(number), "")
        facts = f'{{"robot": "ci-{number % world.robots_of_one}"}}'
        yield "create_robot", *place, "command", "seed", "", at, facts


def _trusts(world: World) -> Iterator[Trust]:
    for number in range(0, world.robots, ROBOTS_A_TRUST):
        entry = Entry(ISSUER, f"repo:{world.robot_name(number)}")
        yield Trust(robot_id=number + 1, revision=1, **columns(entry))


if __name__ == "__main__":
    main()
