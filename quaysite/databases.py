"""Django's DATABASES and CACHES, built from a few plain settings.

What suits each engine is written here once: `docs/scaling.md` explains the choices.
Pure: it reads no variable and opens no connection.
"""

from dataclasses import dataclass
from typing import Any

import environ

Options = dict[str, Any]

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
REDIS = "django.core.cache.backends.redis.RedisCache"

CONNECT_SECONDS = 5
"""How long a request waits for PostgreSQL to take a connection."""

POOL_SECONDS = 3
"""How long a request waits for a connection of the pool; then the answer is 503."""

RECONNECT_SECONDS = 1
"""After which a pool gives up to open a connection, until the next one is wanted.

Left to itself it waits longer each time: as long again as the server was away.
"""

REPLICA_CONNECT_SECONDS = 2
"""The same for the replica, which the primary stands in for; libpq's least."""

REPLICA_MILLISECONDS = 1000
"""After which a statement on the replica is given up."""

PREPARE_THRESHOLD = 5
"""psycopg's own. Any number allows prepared statements; Django's default is none."""

REDIS_SECONDS = 0.5
"""One that hangs is to be given up before logins wait for it."""


@dataclass(frozen=True, slots=True)
class DatabaseChoices:
    """What an operator says of the databases.

    `pool_size` is of each process, 0 for no pool; `max_age` are the seconds that a
    connection is kept without one. An empty `replica_url` is no replica.
    """

    url: str
    max_age: int = 600
    pool_size: int = 0
    prepared_statements: bool = True
    replica_url: str = ""


def databases(choices: DatabaseChoices) -> dict[str, Options]:
    """`default`, where everything is written, and `replica` if there is one."""
    found = {"default": _database(choices.url, choices)}
    if choices.replica_url:
        found["replica"] = _replica(choices)
    return found


def caches(url: str) -> dict[str, Options]:
    """What processes share; without Redis each process keeps its own."""
    cache: Options = environ.Env.cache_url_config(url)
    if cache["BACKEND"] == REDIS:
        cache["BACKEND"] = "robots.redis_cache.CountingRedisCache"
        patience = {
            "socket_timeout": REDIS_SECONDS,
            "socket_connect_timeout": REDIS_SECONDS,
        }
        cache["OPTIONS"] = patience | cache.get("OPTIONS", {})
    return {"default": cache}


def _database(url: str, choices: DatabaseChoices) -> Options:
    database: Options = environ.Env.db_url_config(url)
    # Opening a connection costs more than a token does.
    database["CONN_MAX_AGE"] = choices.max_age
    if database["ENGINE"] == SQLITE:
        database["OPTIONS"] = {
            # Readers never wait for the one writer, and a writer waits for its turn.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            # Django's fields convert what they read; the driver need not do it before.
            "detect_types": 0,
        }
    if database["ENGINE"] == POSTGRESQL:
        _suit_postgresql(database, choices)
    return database


def _suit_postgresql(database: Options, choices: DatabaseChoices) -> None:
    options: Options = {"connect_timeout": CONNECT_SECONDS}
    if choices.prepared_statements:
        options["prepare_threshold"] = PREPARE_THRESHOLD
    else:
        # A pooler lends a connection for one transaction: what a session keeps for
        # later, a statement or a cursor, is somebody else's by then.
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
    if choices.pool_size:
        database["CONN_MAX_AGE"] = 0  # The pool keeps them.
        # A pool lends out what the server has cut, unless it looks first.
        database["CONN_HEALTH_CHECKS"] = True
        options["pool"] = {
            "min_size": 1,
            "max_size": choices.pool_size,
            "timeout": POOL_SECONDS,
            "reconnect_timeout": RECONNECT_SECONDS,
        }
    database["OPTIONS"] = options | database.get("OPTIONS", {})


def _replica(choices: DatabaseChoices) -> Options:
    """A database that is asked in passing, and given up before anybody notices."""
    database = _database(choices.replica_url, choices)
    database["TEST"] = {"MIRROR": "default"}
    if database["ENGINE"] != POSTGRESQL:
        return database  # A system check refuses it.
    # One that hangs would hang the check too; without it the primary stands in.
    database["CONN_HEALTH_CHECKS"] = False
    haste: Options = {
        "connect_timeout": REPLICA_CONNECT_SECONDS,
        # Milliseconds: a host that vanished confirms nothing.
        "tcp_user_timeout": REPLICA_CONNECT_SECONDS * 1000,
    }
    if choices.prepared_statements:
        # A pooler takes no options of a session: its own query_timeout is meant then.
        # Django sets another time zone by a statement, which knows no deadline.
        haste["options"] = (
            f"-c statement_timeout={REPLICA_MILLISECONDS} -c TimeZone=UTC"
        )
    given = environ.Env.db_url_config(choices.replica_url).get("OPTIONS", {})
    database["OPTIONS"] = database["OPTIONS"] | haste | given
    return database
