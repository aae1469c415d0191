"""Sealing: everything that is committed, once, in order, whoever else is at work."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from robots import audit
from robots.audit_chain import sealing
from robots.audit_chain.sealing import ChainBroken, Sealer
from robots.models import AuditSeal, Repository
from robots.usage import usage
from tests import factories
from tests.conftest import Cast
from tests.robots.audit_chain.chains import chain, events, tamper, verified


@pytest.mark.django_db
def test_nothing_to_seal_makes_no_seal() -> None:
    assert Sealer().seal() == 0
    chain(seals=1)
    assert Sealer().seal() == 0
    assert AuditSeal.objects.count() == 1


@pytest.mark.django_db
def test_many_events_take_several_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SIZE", 4)
    ids = events(10)
    assert Sealer().seal() == 10
    seals = list(AuditSeal.objects.values_list("first_event", "last_event"))
    assert seals == [(ids[0], ids[3]), (ids[4], ids[7]), (ids[8], ids[9])]
    assert verified().is_sound


@pytest.mark.django_db
def test_a_round_stops_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SIZE", 1)
    events(3)
    assert Sealer().seal(seconds=0) == 0
    assert Sealer().seal() == 3


@pytest.mark.django_db(transaction=True)
def test_the_flush_of_last_uses_seals(settings: Settings) -> None:
    events(2)
    usage.flush()
    assert AuditSeal.objects.count() == 0  # USAGE_FLUSH_SECONDS is 0
    settings.USAGE_FLUSH_SECONDS = 60
    usage.flush()
    assert AuditSeal.objects.get().event_count == 2


@pytest.mark.django_db(transaction=True)
def test_a_broken_chain_is_logged_and_ends_no_thread(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.USAGE_FLUSH_SECONDS = 60
    chain(seals=1)
    tamper("UPDATE robots_auditseal SET mac = 'x'")
    events(1)
    usage.flush()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "number 1, was changed" in record.getMessage()
    assert AuditSeal.objects.count() == 1


@pytest.mark.parametrize("first_gone", [1, 2, 3])
@pytest.mark.django_db
def test_no_seals_are_made_in_place_of_those_that_are_gone(first_gone: int) -> None:
    """An intruder without the key changes an event, and has the site seal it anew."""
    server, other = Sealer(), Sealer()
    ids = chain(seals=3)
    assert server.seal() == other.seal() == 0
    tamper("DELETE FROM robots_auditseal WHERE number >= %s", first_gone)
    tamper("UPDATE robots_auditevent SET kind = 'x' WHERE id = %s", ids[2][0])
    for running in (server, other):
        with pytest.raises(ChainBroken, match="seal 3:[0-9a-f]{64} is there no more"):
            running.seal()
    assert AuditSeal.objects.count() == first_gone - 1
    assert Sealer().seal() == 3 * (4 - first_gone)
    for running in (server, other):
        with pytest.raises(ChainBroken, match="is there no more"):
            running.seal()


@pytest.mark.django_db
def test_what_others_seal_is_no_trouble() -> None:
    server = Sealer()
    events(1)
    assert server.seal() == 1
    chain(seals=3)
    events(2)
    assert server.seal() == 2
    assert server.seal() == 0
    assert verified().is_sound


@pytest.mark.django_db
def test_events_are_written_without_a_thought_of_seals() -> None:
    """The price of the chain is not paid by who waits for a change."""
    with CaptureQueriesContext(connection) as caught:
        audit.record("create_robot", factories.BY, None)
    (query,) = caught.captured_queries
    assert query["sql"].startswith("INSERT INTO")
    assert "seal" not in query["sql"]


def test_bulk_changes_pay_nothing_for_the_chain(cast: Cast) -> None:
    """So many statements for so many rows, none of which knows of seals."""
    Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=f"app-{n}") for n in range(2_000)
    )
    with CaptureQueriesContext(connection) as caught:
        call_command("set_permissions", "acme", "read", "--to", "acme+ci", "--all")
    assert len(caught) < 60
    assert not [q for q in caught.captured_queries if "seal" in q["sql"]]
    Sealer().seal()
    assert verified().is_sound
