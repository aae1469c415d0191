"""Notices as posts, and what the command and the metrics tell of all."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from quaysite.management.commands.send_expiry_notices import UNTOLD
from quaysite.notices.sending import send_notices
from quaysite.notices.webhook import Webhook
from robots.expiring import expiring
from robots.lifecycle.tokens import add_token
from robots.management.command import DONE, PENDING
from robots.models import ExpiryNotice, Namespace
from tests import factories
from tests.conftest import Cast
from tests.quaysite.expiry.notices import NOW, Captured, ends, run, send
from tests.receivers import SECRET, Hook, MailServer


def test_a_post_says_what_ends_and_no_secret(cast: Cast, posts: Hook) -> None:
    end = NOW + timedelta(days=3)
    token, secret = add_token(cast.ci, factories.BY, end)
    send()
    (post,) = posts.posts
    message = json.loads(post.body)
    assert message.pop("id") == post.headers["Idempotency-Key"]
    assert message == {
        "kind": "expiry_notice",
        "site": "http://127.0.0.1:8000",
        "thing": "robot_token",
        "namespace": "acme",
        "robot": "acme+ci",
        "token_id": token.pk,
        "expires_at": end.isoformat().replace("+00:00", "Z"),
        "days": 7,
    }
    assert secret.reveal().encode() not in post.body


@pytest.mark.parametrize(
    ("status", "failed"), [(302, 5), (400, 5), (404, 5), (429, 3), (500, 3), (503, 3)]
)
def test_only_2xx_is_success(
    status: int, failed: int, cast: Cast, posts: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    """A receiver that is down is asked three times, one that refuses about each."""
    for number in range(5):
        ends(factories.robot(cast.acme, f"bot{number}")[0], 3)
    posts.status, posts.location = status, posts.url
    with caplog.at_level(logging.INFO):
        tally = send()["webhook"]
    assert (tally.told, tally.failed) == (0, failed)
    assert tally.reasons == [f"it answered {status}"]
    assert len(posts.posts) == failed
    assert SECRET not in caplog.text and posts.url not in caplog.text
    posts.status = 200
    assert send(NOW + timedelta(minutes=11))["webhook"].told == 5


class Died(BaseException):
    """As when the process ends here."""


class DiesAfterwards(Webhook):
    def tell(self, notices: Sequence[ExpiryNotice], now: datetime) -> None:
        super().tell(notices, now)
        raise Died


def test_a_claim_of_a_sender_that_died_runs_out(cast: Cast, posts: Hook) -> None:
    ends(cast.ci, 3)
    with pytest.raises(Died):
        send_notices([DiesAfterwards()], lambda: NOW)
    assert send(NOW + timedelta(minutes=9))["webhook"].told == 0
    assert send(NOW + timedelta(minutes=10))["webhook"].told == 1
    first, again = posts.posts
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    assert first.body == again.body


def test_the_command_tells_what_it_did(
    acme: Namespace, cast: Cast, mail: MailServer, posts: Hook, capsys: Captured
) -> None:
    ends(cast.ci, 5)
    assert run("--dry-run", "--json") == PENDING
    facts = json.loads(capsys.readouterr().out)
    due = {"email": {"due": 1}, "webhook": {"due": 1}}
    assert facts == {"dry_run": True, "channels": due}
    assert not ExpiryNotice.objects.exists()
    assert posts.posts == [] and mail.accepted == []

    posts.status = 500
    assert run("--json") == UNTOLD
    facts = json.loads(capsys.readouterr().out)
    assert facts["channels"] == {
        "email": {"told": 1, "messages": 1, "failed": 0, "reasons": [], "nobody": []},
        "webhook": {
            "told": 0,
            "messages": 0,
            "failed": 1,
            "reasons": ["it answered 500"],
            "nobody": [],
        },
    }
    assert run("--dry-run") == DONE
    assert capsys.readouterr().out == (
        "email: would tell 0 notices\nwebhook: would tell 0 notices\n"
    )


def test_without_a_channel_nothing_is_noted(cast: Cast, capsys: Captured) -> None:
    ends(cast.ci, 5)
    assert run() == DONE
    assert "set EMAIL_URL or EXPIRY_WEBHOOK_URL" in capsys.readouterr().out
    assert not ExpiryNotice.objects.exists()


@pytest.mark.parametrize(
    ("url", "secret", "ids"),
    [
        ("https://hooks.example.com/x", SECRET, []),
        ("http://127.0.0.1:9/x", SECRET, []),
        ("https://hooks.example.com/x", "", ["quaysite.E007"]),
        ("https://hooks.example.com/x", f"{SECRET},short", ["quaysite.E007"]),
        ("http://hooks.example.com/x", SECRET, ["quaysite.E006"]),
        ("https://user:pass@hooks.example.com", SECRET, ["quaysite.E006"]),
        ("hooks.example.com", SECRET, ["quaysite.E006"]),
        ("", "", []),
    ],
)
def test_a_webhook_is_encrypted_and_signed(
    url: str, secret: str, ids: list[str], settings: Settings
) -> None:
    settings.EXPIRY_WEBHOOK_URL, settings.EXPIRY_WEBHOOK_SECRET = url, secret
    found = [m for m in run_checks() if m.id in ("quaysite.E006", "quaysite.E007")]
    assert [message.id for message in found] == ids
    assert all("pass@" not in message.msg for message in found)


def test_what_expires_is_counted(cast: Cast) -> None:
    ends(cast.reader, 6)
    for days in (0.5, 6, 20):
        add_token(cast.ci, factories.BY, NOW + timedelta(days=days))
    counts = {}
    for days in (1, 7, 30):
        found = expiring(NOW, timedelta(days=days))
        counts[days] = (found.robots.count(), found.tokens.count())
    assert counts == {1: (0, 1), 7: (1, 2), 30: (1, 3)}
