"""What a deed has to leave behind: its rows, and exactly one audit event."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps

from robots.models import AuditEvent, Namespace
from tests import factories


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of robots."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("robots").get_models()
    }


@contextmanager
def recorded(kind: str, namespace: Namespace, **facts: Any) -> Iterator[None]:
    """The block adds this one event, performed by `factories.BY`, and no other."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    yield
    (event,) = AuditEvent.objects.exclude(pk__in=before)
    assert (event.kind, event.facts) == (kind, facts)
    assert (event.namespace, event.namespace_name) == (namespace, namespace.name)
    assert event.performer_kind == factories.BY.kind
    assert event.performer_name == factories.BY.name


@contextmanager
def unchanged() -> Iterator[None]:
    """The block leaves every row as it was, and no event."""
    before = snapshot()
    yield
    assert snapshot() == before
