"""Pages of a list: by key, never by offset, so that every page costs the same.

`next_page` is opaque and signed; it is good for two days, for the same list.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from robots.api import queries
from robots.api.errors import FrameworkError

MAX_AGE = 2 * 24 * 3600
"""Seconds that a `next_page` can be used."""

LIMIT = "If specified, the number of items to return."

_SALT = "robots.api.paging"
_BAD = {"next_page": "What the page before this one answered, at most two days ago"}


class Page(NamedTuple):
    """Some items, and the token of the page after them if there is one."""

    items: list[Any]
    next_page: str | None

    def rest(self) -> dict[str, str]:
        """What a reply holds besides its items."""
        return {"next_page": self.next_page} if self.next_page else {}


def searched_page(
    queryset: QuerySet[Any],
    request: Request,
    searched: Sequence[str],
    *order: str,
    size: int | None = None,
) -> Page:
    """The page of what has `q` in one of the fields `searched`; `limit` items, else
    `size`. Raises FrameworkError for parameters that will not do.
    """
    if wanted := queries.text(request, "q"):
        parts = (Q(**{f"{field}__icontains": wanted}) for field in searched)
        queryset = queryset.filter(reduce(or_, parts))
    limit = queries.positive(request, "limit", LIMIT)
    return page_of(queryset, request, limit or size, *order)


def page_of(
    queryset: QuerySet[Any], request: Request, size: int | None, *order: str
) -> Page:
    """The page that `next_page` asks for, or the first one; all if `size` is None.

    `order` are fields (a minus sign turns one round) that are never NULL and
    together unique. Raises FrameworkError for a token that is not ours.
    """
    token = request.query_params.get("next_page")
    parts = list(_after(order, _keys(token, order))) if token else [Q()]
    items = _first(queryset.order_by(*order), parts, None if size is None else size + 1)
    if size is None or len(items) <= size:
        return Page(items, None)
    return Page(items[:size], _token(items[size - 1], order))


def _first(ordered: QuerySet[Any], parts: list[Q], count: int | None) -> list[Any]:
    """The first `count` rows of the parts, one after the other; one query a part."""
    items: list[Any] = []
    for part in parts:
        rest = None if count is None else count - len(items)
        items += ordered.filter(part)[:rest]
        if count is not None and len(items) >= count:
            break
    return items


def _token(last: Model, order: tuple[str, ...]) -> str:
    keys = [_value(last, name.lstrip("-")) for name in order]
    return signing.dumps([list(order), keys], salt=_SALT)


def _value(item: Any, path: str) -> Any:
    for name in path.split("__"):
        item = getattr(item, name)
    return item.isoformat() if hasattr(item, "isoformat") else item


def _keys(token: str, order: tuple[str, ...]) -> list[Any]:
    try:
        fields, keys = signing.loads(token, salt=_SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError):
        raise FrameworkError(_BAD) from None
    if fields != list(order):
        raise FrameworkError(_BAD)
    return list(keys)


def _after(order: tuple[str, ...], keys: list[Any]) -> Iterator[Q]:
    """What comes after `keys`, in parts that an index of that order finds at once.

    First what differs in the last field alone. Told in one condition with OR, all that
    comes before would be read.
    """
    for last in reversed(range(len(order))):
        name, key = order[last], keys[last]
        lookup = "lt" if name.startswith("-") else "gt"
        equal = dict(zip(order[:last], keys, strict=False))
        yield Q(
            **{field.lstrip("-"): value for field, value in equal.items()},
            **{f"{name.lstrip('-')}__{lookup}": key},
        )
