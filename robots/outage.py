"""Telling a database that is away from a question that is wrong (design rule R11)."""

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    connections,
)

OUTAGES = (DatabaseError, InterfaceError)
"""What to catch before asking `is_outage`."""

RETRY_AFTER = 5
"""Seconds after which a client may ask again."""

_WRONG_QUESTIONS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


def is_outage(error: Exception) -> bool:
    """Whether the database failed, rather than refused what it was asked."""
    return isinstance(error, OUTAGES) and not isinstance(error, _WRONG_QUESTIONS)


def drop_dead_connections() -> bool:
    """Close connections that are cut, too old, or of a pool; whether there was any.

    The next query opens a new one. One in a transaction is left alone: what was
    begun cannot be taken up on another.
    """
    dropped = False
    for alias in connections:
        connection = connections[alias]
        if connection.connection is None or connection.in_atomic_block:
            continue
        connection.close_if_unusable_or_obsolete()
        dropped |= connection.connection is None
    return dropped
