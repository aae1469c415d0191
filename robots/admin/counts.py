"""Columns of lists that say how many rows of another table there are."""

from collections.abc import Collection
from typing import Any

from django.db.models import (
    CASCADE,
    Case,
    Count,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of `rows` refer to each row by `field`; to annotate and to sort by.

    A subquery for each column: joins would count every pair of their rows.
    """
    here = rows.order_by().filter(**{field: OuterRef("pk")})
    counted = here.values(field).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def where_administered(
    count: Coalesce, field: str, namespaces: Collection[int]
) -> Case:
    """`count` for rows whose `field` is one of `namespaces`, and null elsewhere.

    The column is sorted by as well, so hiding it where it is shown is not enough.
    """
    here = When(**{f"{field}__in": namespaces}, then=count)
    return Case(here, default=None, output_field=IntegerField())


def rows_lost_with(obj: Model) -> dict[type[Model], int]:
    """How many rows of each table are deleted with `obj`, itself not counted.

    Tables that refer to `obj`, then those that refer to these; a table that does
    both is counted by the first way, as its namespace is the same by either.
    """
    ways = _ways(type(obj), "")
    for model, way in list(ways.items()):
        for other, longer in _ways(model, f"__{way}").items():
            ways.setdefault(other, longer)
    return {
        model: model._base_manager.filter(**{way: obj.pk}).count()
        for model, way in ways.items()
    }


def _ways(model: type[Model], further: str) -> dict[type[Model], str]:
    """The tables whose rows go with those of `model`, and the lookup that leads there.

    `further` leads on from `model`.
    """
    ways: dict[type[Model], str] = {}
    for relation in model._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is CASCADE:
            field: Any = getattr(relation, "field")  # noqa: B009 - typed less
            ways.setdefault(field.model, f"{field.name}{further}")
    return ways
