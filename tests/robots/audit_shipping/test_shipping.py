"""Shipping: every sealed event arrives, in order, whatever fails meanwhile."""

import json
import os
import socket
import stat
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots import audit
from robots.audit_chain.sealing import Sealer
from robots.audit_shipping import shipping, syslog
from robots.audit_shipping.cursor import Cursor
from robots.audit_shipping.shipping import Shipped, ship_all
from robots.models import AuditSeal, AuditShipment
from tests import factories
from tests.robots.audit_chain.chains import chain, events, tamper
from tests.robots.audit_shipping.places import ids, place
from tests.robots.audit_shipping.receivers import (
    SyslogServer,
    free_port,
    payload,
    serving,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "audit.jsonl"
    settings.AUDIT_SHIP = [f"file://{file}"]
    return file


def test_a_file_gets_what_is_sealed_once_and_in_order(log: Path) -> None:
    first, second = chain(seals=2)
    unsealed = events(1)
    (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (6, "")
    assert ids(log.read_text()) == first + second
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    seal = AuditSeal.objects.get(number=2)
    line = json.loads(log.read_text().splitlines()[-1])
    assert (line["seal"], line["head"]) == (2, seal.hash)
    assert line["digest"] == bytes(seal.leaves)[-32:].hex()
    assert (line["kind"], line["facts"]) == ("create_robot", {"robot": "ci-2"})
    ship_all()
    assert ids(log.read_text()) == first + second
    Sealer().seal()
    ship_all()
    assert ids(log.read_text()) == first + second + unsealed
    assert place() == unsealed[-1]


def test_a_file_that_is_rotated_is_made_again(log: Path) -> None:
    (first,) = chain(seals=1)
    ship_all()
    log.rename(log.with_suffix(".1"))
    (second,) = chain(seals=1)
    ship_all()
    assert ids(log.with_suffix(".1").read_text()) == first
    assert ids(log.read_text()) == second


def test_a_line_that_was_cut_off_spoils_no_other(log: Path) -> None:
    log.write_text('{"id": 1, "kin')
    (made,) = chain(seals=1)
    ship_all()
    cut, *lines = log.read_text().splitlines()
    assert cut == '{"id": 1, "kin'
    assert ids("\n".join(lines)) == made


@pytest.mark.parametrize("what", ["folder", "pipe", "link", "nowhere"])
def test_what_is_no_file_gets_nothing_and_holds_up_nobody(log: Path, what: str) -> None:
    chain(seals=1)
    if what == "folder":
        log.mkdir()
    elif what == "pipe":
        os.mkfifo(log)
    elif what == "link":
        log.symlink_to(log.with_suffix(".else"))
    else:
        log.parent.rmdir()
    (shipped,) = ship_all()
    assert shipped.trouble
    assert (shipped.events, place()) == (0, 0)
    assert not log.with_suffix(".else").exists()


def test_a_syslog_server_over_tcp_gets_each_event(settings: Settings) -> None:
    (made,) = chain(seals=1)
    server = SyslogServer()
    settings.AUDIT_SHIP = [server.url]
    with serving(server):
        (shipped,) = ship_all()
    assert shipped == Shipped(server.url, 3)
    assert ids("\n".join(map(payload, server.messages))) == made


def test_what_a_syslog_server_did_not_read_is_sent_again(settings: Settings) -> None:
    (made,) = chain(seals=1, each=150)
    server = SyslogServer()
    settings.AUDIT_SHIP = [server.url]
    server.dies_after = 5
    with serving(server):
        (shipped,) = ship_all()
        assert shipped.trouble
        assert place() == 0
        server.dies_after = 0
        (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (150, "")
    received = ids("\n".join(map(payload, server.messages)))
    assert received == made[:5] + made


def test_a_syslog_server_that_is_down_loses_nothing(settings: Settings) -> None:
    chain(seals=1)
    settings.AUDIT_SHIP = [f"syslog://127.0.0.1:{free_port()}"]
    (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (0, "Connection refused")
    row = AuditShipment.objects.get()
    assert (row.last_event, row.leased_until) == (0, None)


def test_a_syslog_server_that_goes_on_talking_is_left(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "SECONDS", 0.2)
    chain(seals=1)
    server = SyslogServer()
    server.talks_for = 5.0
    settings.AUDIT_SHIP = [server.url]
    began = time.monotonic()
    with serving(server):
        (shipped,) = ship_all()
        assert time.monotonic() - began < server.talks_for
    assert (shipped.events, shipped.trouble) == (0, "it goes on talking")
    assert place() == 0


def test_an_event_of_an_intruder_begins_no_message(settings: Settings) -> None:
    (pk,) = events(1)
    tamper(
        "UPDATE robots_auditevent SET kind = %s WHERE id = %s", "a\n<109>1 - b c", pk
    )
    Sealer().seal()
    server = SyslogServer()
    settings.AUDIT_SHIP = [server.url]
    with serving(server):
        (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (1, "")
    (message,) = server.messages
    assert " quaysite - a?<109>1?-?b?c - {" in message
    assert "\n" not in message


@pytest.mark.parametrize("channel", ["syslog+udp", "syslog+unix"])
def test_datagrams_are_cut_down_to_what_fits(
    settings: Settings, tmp_path: Path, channel: str
) -> None:
    audit.record("create_robot", factories.BY, None, note="x" * 20_000)
    Sealer().seal()
    unix = channel == "syslog+unix"
    with socket.socket(
        socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_DGRAM
    ) as line:
        line.settimeout(10)
        line.bind(str(tmp_path / "log") if unix else ("127.0.0.1", 0))
        name = line.getsockname()
        to = f"//{name}" if unix else f"//127.0.0.1:{name[1]}"
        settings.AUDIT_SHIP = [f"{channel}:{to}"]
        (shipped,) = ship_all()
        assert (shipped.events, shipped.trouble) == (1, "")
        said = json.loads(payload(line.recv(65_536).decode()))
    assert (said["kind"], said["facts"]) == ("create_robot", None)
    assert said["facts_left_out"] is True


def test_one_destination_holds_up_no_other(settings: Settings, log: Path) -> None:
    (made,) = chain(seals=1)
    down = f"syslog://127.0.0.1:{free_port()}"
    settings.AUDIT_SHIP = [down, *settings.AUDIT_SHIP]
    first, second = ship_all()
    assert first.trouble
    assert second.events == 3
    assert ids(log.read_text()) == made


def test_the_cursor_moves_with_each_batch_that_arrived(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "BATCH", 2)
    (made,) = chain(seals=1, each=5)
    send, sent = shipping._SEND["file"], []

    def die_at_the_second(*arguments: object) -> None:
        sent.append(arguments)
        if len(sent) == 2:
            raise KeyboardInterrupt
        send(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(shipping, "_SEND", {"file": die_at_the_second})
    with pytest.raises(KeyboardInterrupt):
        ship_all()
    assert place() == made[1]
    ship_all()
    assert ids(log.read_text()) == made


def test_what_nobody_sends_to_is_told_and_keeps_its_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(seals=1)
    monkeypatch.setattr(shipping, "_SEND", {})
    settings.AUDIT_SHIP = ["https://audit.example.com/"]
    (shipped,) = ship_all()
    assert (shipped.events, shipped.trouble) == (0, "this site has no way to post")
    assert place() == 0


def test_one_at_a_time_ships_to_a_destination(log: Path) -> None:
    chain(seals=1)
    (shipped,) = ship_all(seconds=0)
    other = Cursor(AuditShipment.objects.get().destination)
    assert other.lease() == 0
    (shipped,) = ship_all()
    assert (shipped.is_busy, shipped.events) == (True, 0)
    assert not log.exists()
    AuditShipment.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    (shipped,) = ship_all()
    assert (shipped.is_busy, shipped.events) == (False, 3)
    # Whoever was only slow finds out, and does not move the cursor back.
    assert other.move(1) is False
    assert place() == AuditSeal.objects.get().last_event


def test_no_batch_is_begun_after_its_time(log: Path) -> None:
    chain(seals=1)
    (shipped,) = ship_all(seconds=0)
    assert (shipped.events, shipped.trouble) == (0, "")
    assert not log.exists()
