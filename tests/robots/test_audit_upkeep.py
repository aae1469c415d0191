"""One round of keeping the audit: what fails in sealing holds up no shipping."""

import logging
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from robots.audit_shipping.cursor import Cursor
from robots.models import AuditSeal, AuditShipment
from robots.usage import usage
from tests.robots.audit_chain.chains import chain, events, tamper
from tests.robots.audit_shipping.places import ids

pytestmark = pytest.mark.django_db

REFUSING = {
    "sqlite": (
        "CREATE TEMP TRIGGER busy BEFORE INSERT ON robots_auditseal BEGIN"
        " SELECT RAISE(ABORT, 'busy'); END"
    ),
    "postgresql": (
        "CREATE FUNCTION pg_temp.busy() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'busy'; END $$;"
        " CREATE TRIGGER busy BEFORE INSERT ON robots_auditseal"
        " FOR EACH ROW EXECUTE FUNCTION pg_temp.busy()"
    ),
}
"""How a database is made to take no seal; the test's transaction takes it back."""


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    settings.AUDIT_SHIP = [f"file://{file}"]
    settings.USAGE_FLUSH_SECONDS = 60
    return file


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Level and text of what was logged of the audit."""
    logged = [r for r in caplog.records if r.name == "robots.audit_upkeep"]
    return [(record.levelno, record.getMessage()) for record in logged]


def test_a_round_seals_and_ships(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = events(3)
    usage.flush()
    assert ids(log.read_text()) == made
    assert said(caplog) == []


def test_what_is_sealed_is_shipped_though_the_chain_is_broken(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (sealed,) = chain(seals=1)
    tamper("UPDATE robots_auditseal SET hash = %s", "f" * 64)
    events(2)

    usage.flush()

    assert ids(log.read_text()) == sealed
    assert AuditSeal.objects.count() == 1
    ((level, text),) = said(caplog)
    assert level == logging.ERROR
    assert text.startswith("audit events not sealed: The last audit seal, number 1,")


def test_what_is_sealed_is_shipped_though_the_database_takes_no_seal(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (sealed,) = chain(seals=1)
    events(2)
    with connection.cursor() as cursor:
        cursor.execute(REFUSING[connection.vendor])

    try:
        usage.flush()
    finally:
        if connection.vendor == "sqlite":
            connection.cursor().execute("DROP TRIGGER busy")

    assert ids(log.read_text()) == sealed
    assert AuditSeal.objects.count() == 1
    ((level, text),) = said(caplog)
    assert (level, text.split(": ")[0]) == (logging.WARNING, "audit events not sealed")


def test_a_database_that_fails_in_shipping_is_told_as_that(
    log: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(cursor: Cursor) -> int:
        raise OperationalError("database is locked")

    events(2)
    with monkeypatch.context() as patch:
        patch.setattr(Cursor, "lease", busy)
        usage.flush()

    text = "audit events not shipped: OperationalError"
    assert said(caplog) == [(logging.WARNING, text)]
    assert AuditSeal.objects.count() == 1
    assert not log.exists() and not AuditShipment.objects.exists()
