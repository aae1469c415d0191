"""Events and the digests of what they say, in the order of their ids.

Page by page, each of them a query of its own: memory is bounded, and no transaction
stays open while millions of events are read.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import OperationalError

from robots.audit_chain.digests import UNREADABLE, SmallPrint, event_digest
from robots.models import AuditEvent, PermissionChange

_PAGE = 500
_SMALL_PRINT_PAGE = 5_000

COLUMNS = (
    "id", "kind", "namespace_id", "namespace_name", "repository_name",
    "performer_kind", "performer_name", "performer_user_id", "address", "request_id",
    "created_at", "facts",
)  # fmt: skip
BEFORE_ALL = -(2**63) - 1
"""Below any id that a column of a table can hold: an intruder may choose a negative."""

CHANGE_COLUMNS = ("repository_name", "change", "before_role", "before_until")

NOT_READ = (ValueError, TypeError, OverflowError, OperationalError)
"""What to catch before asking `is_unreadable`."""


class ReadEvent(NamedTuple):
    """An event as it is stored, or None where it cannot be read."""

    pk: int
    digest: bytes
    columns: dict[str, Any] | None


def is_unreadable(error: Exception) -> bool:
    """Whether a row holds what cannot be there, rather than the database failing.

    SQLite keeps any bytes in any column; its driver says so when it reads them.
    """
    return not isinstance(error, OperationalError) or "decode" in str(error)


def events(alias: str, after: int, up_to: int) -> Iterator[ReadEvent]:
    """Those with ids above `after` and not above `up_to`."""
    ids = AuditEvent.objects.using(alias).order_by("pk").values_list("pk", flat=True)
    while page := list(ids.filter(pk__gt=after, pk__lte=up_to)[:_PAGE]):
        yield from _page(alias, page)
        after = page[-1]


def changes(alias: str, first: int, last: int) -> Iterator[tuple[int, Sequence[Any]]]:
    """The small print of events from `first` to `last`: event and row, in order."""
    rows = PermissionChange.objects.using(alias).order_by("event_id", "pk")
    after = BEFORE_ALL
    while first <= last:
        here = rows.filter(event_id=first, pk__gt=after).values_list(
            "pk", *CHANGE_COLUMNS
        )
        page = list(here[:_SMALL_PRINT_PAGE])
        for _, *row in page:
            yield first, row
        if len(page) == _SMALL_PRINT_PAGE:
            after = page[-1][0]
            continue
        # The next event that has any: most have none.
        following = rows.filter(event_id__gt=first, event_id__lte=last)
        found = following.values_list("event_id", flat=True).first()
        if found is None:
            return
        first, after = found, BEFORE_ALL


def _page(alias: str, ids: list[int]) -> list[ReadEvent]:
    try:
        return list(_read(alias, ids))
    except NOT_READ as error:
        if not is_unreadable(error):
            raise
        if len(ids) == 1:
            return [ReadEvent(ids[0], UNREADABLE, None)]
        return [event for pk in ids for event in _page(alias, [pk])]


def _read(alias: str, ids: list[int]) -> Iterator[ReadEvent]:
    small_print: dict[int, SmallPrint] = {}
    for pk, row in changes(alias, ids[0], ids[-1]):
        small_print.setdefault(pk, SmallPrint()).add(row)
    found = AuditEvent.objects.using(alias).filter(pk__gte=ids[0], pk__lte=ids[-1])
    for columns in found.order_by("pk").values(*COLUMNS):
        pk = columns["id"]
        yield ReadEvent(pk, event_digest(columns, small_print.get(pk)), columns)
