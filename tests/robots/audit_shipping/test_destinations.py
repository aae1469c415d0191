"""AUDIT_SHIP: which URLs are taken, and what is said of the others."""

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from robots.audit_shipping.destinations import DestinationInvalid, destination

GOOD = [
    ("file:///var/log/quaysite/audit.jsonl", "file"),
    ("syslog://log.internal", "syslog"),
    ("syslog://10.0.0.5:601", "syslog"),
    ("syslog+udp://[::1]:514", "syslog+udp"),
    ("syslog+unix:///dev/log", "syslog+unix"),
    ("https://10.0.0.5/audit?key=CANARY", "https"),
    ("http://127.0.0.1:8080/audit", "http"),
    ("http://[::1]/audit", "http"),
    ("http://localhost/audit", "http"),
]
BAD = [
    "",
    "audit.jsonl",
    "/var/log/audit.jsonl",
    "file://audit.jsonl",
    "file:///var/log/",
    "file:///var/log/a?b",
    "syslog://",
    "syslog://host:99999",
    "syslog://user:CANARY@host",
    "http://collector.example.com/audit?key=CANARY",
    "http://10.0.0.5/audit",
    "http://127.0.0.1.example.com/audit",
    "https://",
    "https://user:CANARY@example.com/",
    "ftp://example.com/",
    "https://[::1/",
]


@pytest.mark.parametrize(("url", "channel"), GOOD)
def test_good_urls(url: str, channel: str) -> None:
    to = destination(url)
    assert to.channel == channel
    assert "CANARY" not in to.shown


@pytest.mark.parametrize("url", BAD)
def test_bad_urls_are_refused_without_repeating_them(
    url: str, settings: Settings
) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        destination(url)
    assert "CANARY" not in str(refused.value)
    settings.AUDIT_SHIP = ["file:///var/log/audit.jsonl", url]
    (error,) = [one for one in run_checks() if one.id == "robots.E007"]
    assert error.msg.startswith("AUDIT_SHIP: number 2: ")
    assert "CANARY" not in error.msg


def test_a_port_is_514_unless_said() -> None:
    assert destination("syslog://log").port == 514
    assert destination("syslog://log:601").port == 601


@pytest.mark.parametrize(
    ("secret", "is_refused"),
    [
        ("", True),
        ("s" * 32, False),
        (f"{'s' * 32},{'t' * 32}", False),
        (f"{'s' * 32},short", True),
    ],
)
def test_a_webhook_needs_a_secret(
    settings: Settings, secret: str, is_refused: bool
) -> None:
    settings.AUDIT_SHIP = ["https://example.com/audit"]
    settings.AUDIT_SHIP_SECRET = secret
    found = [one for one in run_checks() if one.id == "robots.E008"]
    assert bool(found) is is_refused
