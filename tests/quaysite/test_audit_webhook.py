"""Audit events by webhook: each batch is signed, tried thrice, and tells no secret."""

import hashlib
import hmac
import logging
import time

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from pytest_django.fixtures import Settings

from quaysite import audit_webhook
from robots.audit_shipping.shipping import ship_all
from robots.models import AuditShipment
from robots.usage import usage
from tests.robots.audit_chain.chains import chain, events
from tests.robots.audit_shipping.places import ids, place
from tests.robots.audit_shipping.receivers import Webhook, free_port, serving

pytestmark = pytest.mark.django_db

SECRET = "s" * 40
OTHER = "o" * 40
Captured = pytest.CaptureFixture[str]


def test_a_webhook_that_fails_twice_gets_it_at_the_third_try(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_webhook, "_PAUSES", (0.01, 0.01))
    (made,) = chain(seals=1)
    server = Webhook()
    server.answers = [500, 302]
    settings.AUDIT_SHIP, settings.AUDIT_SHIP_SECRET = [server.url], SECRET
    with serving(server):
        (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (3, "")
    assert [ids(body.decode()) for _, body in server.requests] == [made] * 3
    headers, body = server.requests[-1]
    assert headers["Content-Type"] == "application/x-ndjson"
    at, said = headers["Quaysite-Signature"].split(",")
    assert abs(int(at.removeprefix("t=")) - time.time()) < 120
    signed = at.removeprefix("t=").encode() + b"." + body
    right = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert said == f"v1={right}"


@pytest.mark.parametrize("answer", [301, 400, 404, 500, 503])
def test_only_2xx_counts_and_the_rest_is_sent_the_next_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    monkeypatch.setattr(audit_webhook, "_PAUSES", (0.0, 0.0))
    (made,) = chain(seals=1)
    server = Webhook()
    server.answers = [answer] * 3
    settings.AUDIT_SHIP, settings.AUDIT_SHIP_SECRET = [server.url], SECRET
    with serving(server):
        (shipped,) = ship_all()
        assert shipped.trouble == f"it answered {answer}"
        assert place() == 0
        (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (3, "")
    assert ids(server.requests[-1][1].decode()) == made


def test_no_secret_of_a_webhook_is_told(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: Captured,
) -> None:
    monkeypatch.setattr(audit_webhook, "_PAUSES", (0.0, 0.0))
    events(1)
    settings.AUDIT_SHIP = [f"http://127.0.0.1:{free_port()}/hook?key=CANARY"]
    settings.AUDIT_SHIP_SECRET = SECRET
    settings.USAGE_FLUSH_SECONDS = 60
    with caplog.at_level(logging.DEBUG, logger="robots"):
        usage.flush()
    (record,) = [r for r in caplog.records if r.levelname == "WARNING"]
    assert "audit events not shipped to http://127.0.0.1/..." in record.getMessage()
    with pytest.raises(SystemExit) as ended:
        call_command("ship_audit")
    assert ended.value.code == 3
    told = capsys.readouterr().out + caplog.text + str(AuditShipment.objects.values())
    assert "CANARY" not in told
    assert SECRET not in told


def test_each_of_several_secrets_signs(settings: Settings) -> None:
    chain(seals=1)
    server = Webhook()
    settings.AUDIT_SHIP = [server.url]
    settings.AUDIT_SHIP_SECRET = f"{OTHER}, {SECRET}"
    with serving(server):
        (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (3, "")
    headers, body = server.requests[0]
    at, *said = headers["Quaysite-Signature"].split(",")
    signed = at.removeprefix("t=").encode() + b"." + body
    macs = [hmac.new(s.encode(), signed, hashlib.sha256) for s in (OTHER, SECRET)]
    assert said == [f"v1={mac.hexdigest()}" for mac in macs]


@pytest.mark.parametrize(
    ("url", "is_wrong"),
    [
        ("https://audit.example.com/in?key=CANARY", False),
        ("http://127.0.0.1:9000/in", False),
        ("https://prüfung.example.com/in", True),
        ("https://audit.example.com/in#CANARY", True),
        ("https://audit.example.com/with space", True),
    ],
)
def test_a_url_that_is_never_posted_to_is_told_at_the_start(
    url: str, is_wrong: bool, settings: Settings
) -> None:
    settings.AUDIT_SHIP, settings.AUDIT_SHIP_SECRET = ["file:///log", url], SECRET
    found = [one for one in run_checks() if one.id == "quaysite.E009"]
    assert bool(found) is is_wrong
    for one in found:
        assert one.msg.startswith("AUDIT_SHIP: number 2: ")
        assert "CANARY" not in one.msg
