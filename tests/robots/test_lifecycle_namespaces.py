"""Letting everybody into a namespace, or nobody: the row, and what is recorded."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from robots.errors import NotFound
from robots.lifecycle.organizations import set_namespace_enabled
from robots.models import AuditEvent, Namespace
from tests import factories
from tests.conftest import Cast
from tests.factories import BY

KINDS = ("enable_namespace", "disable_namespace")


def kinds() -> list[str]:
    events = AuditEvent.objects.filter(kind__in=KINDS).order_by("pk")
    return list(events.values_list("kind", flat=True))


def is_enabled(namespace: Namespace) -> bool:
    return Namespace.objects.values_list("enabled", flat=True).get(pk=namespace.pk)


@pytest.mark.django_db
def test_each_change_is_stored_and_recorded_and_no_change_is_neither() -> None:
    acme = factories.organization("acme")
    for enabled in (True, False, False, True, True):
        set_namespace_enabled(acme, enabled, BY)
        assert acme.enabled is enabled
        assert is_enabled(acme) is enabled
    assert kinds() == ["disable_namespace", "enable_namespace"]


@pytest.mark.django_db
def test_what_is_stored_counts_and_not_what_was_read_before() -> None:
    stale = factories.organization("acme")
    Namespace.objects.update(enabled=False)
    set_namespace_enabled(stale, True, BY)
    assert is_enabled(stale)
    Namespace.objects.update(enabled=False)
    set_namespace_enabled(stale, False, BY)
    assert not is_enabled(stale)
    assert kinds() == ["enable_namespace"]


@pytest.mark.django_db
def test_an_organization_that_is_gone_is_not_found(cast: Cast) -> None:
    gone = factories.organization("gone")
    Namespace.objects.get(pk=gone.pk).delete()
    with pytest.raises(NotFound, match="There is no organization gone"):
        set_namespace_enabled(gone, False, BY)
    assert gone.enabled
    assert kinds() == []


@pytest.mark.django_db
def test_a_persons_own_namespace_that_is_gone_is_not_found(cast: Cast) -> None:
    own = Namespace.objects.get(owner=cast.bob)
    cast.bob.delete()
    with pytest.raises(NotFound, match="There is no namespace bob"):
        set_namespace_enabled(own, False, BY)
    assert kinds() == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_disable_it_at_once_one_does(cast: Cast) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("in the tests of SQLite all threads share one connection")

    def disable(_: int) -> None:
        try:
            set_namespace_enabled(Namespace.objects.get(name="acme"), False, BY)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(disable, range(16)))
    assert not is_enabled(cast.acme)
    assert kinds() == ["disable_namespace"]
