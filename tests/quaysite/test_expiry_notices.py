"""Notices of what ends: who is told what over each channel, once, and what is not."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.management.commands.send_expiry_notices import UNTOLD
from quaysite.notices.sending import Tally, channels, send_notices
from quaysite.notices.webhook import Webhook
from robots.expiring import expiring
from robots.lifecycle.organizations import update_organization
from robots.lifecycle.robots import change_robot, regenerate_token, set_enabled
from robots.lifecycle.tokens import MAX_GRACE, add_token, retire_token
from robots.management.command import DONE, PENDING
from robots.models import ExpiryNotice, Namespace, Robot
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.receivers import SECRET, Hook, MailServer, hook, mail_server
from tests.robots.admin_people import signed_in

Captured = pytest.CaptureFixture[str]

NOW = timezone.now()


@pytest.fixture
def mail(settings: Settings) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def posts(settings: Settings) -> Iterator[Hook]:
    with hook(settings) as running:
        yield running


@pytest.fixture
def acme(cast: Cast) -> Namespace:
    """With two admins who have an address, and people who are told nothing."""
    give_address(cast)
    owners = cast.acme.teams.get(role=TeamRole.ADMIN)
    for name, fields in (
        ("ann", {"email": "ann@example.com"}),
        ("ben", {}),
        ("eve", {"email": "eve@example.com", "is_active": False}),
    ):
        person = factories.user(name, **fields)
        owners.members.create(user=person, namespace=cast.acme)
    cast.bob.email = "bob@example.com"  # In a team that does not administer.
    cast.bob.save()
    return cast.acme


def give_address(cast: Cast) -> None:
    cast.alice.email = "alice@example.com"
    cast.alice.save()


def ends(robot: Robot, days: float) -> datetime:
    end = NOW + timedelta(days=days)
    Robot.objects.filter(pk=robot.pk).update(expires_at=end)
    return end


def send(now: datetime = NOW) -> dict[str, Tally]:
    return send_notices(channels(), lambda: now)


def told(posts: Hook) -> list[tuple[str, int]]:
    messages = [json.loads(post.body) for post in posts.accepted]
    return [(message["robot"], message["days"]) for message in messages]


def run(*arguments: str) -> int:
    try:
        call_command("send_expiry_notices", *arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return DONE


# --- When, and how often ----------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "notices"),
    [
        (31, []),
        (30, [30]),
        (8, [30]),
        (7, [7]),
        (5, [7]),
        (1, [1]),
        (0.1, [1]),
        (0, []),
    ],
)
def test_one_notice_fits_and_no_other_is_told(
    days: float, notices: list[int], cast: Cast, posts: Hook
) -> None:
    ends(cast.ci, days)
    for _ in range(2):
        send()
    assert told(posts) == [("acme+ci", ahead) for ahead in notices]


def test_a_month_goes_by(cast: Cast, posts: Hook) -> None:
    ends(cast.ci, 31)
    for hour in range(0, 32 * 24, 5):
        send(NOW + timedelta(hours=hour))
    assert told(posts) == [("acme+ci", 30), ("acme+ci", 7), ("acme+ci", 1)]
    send(NOW + timedelta(days=39))
    assert not ExpiryNotice.objects.exists()


def test_a_new_end_means_new_notices(cast: Cast, posts: Hook) -> None:
    ends(cast.ci, 0.5)
    send()
    later = {"expires_at": NOW + timedelta(days=6)}
    change_robot(cast.ci, later, factories.BY)
    send()
    send()
    assert told(posts) == [("acme+ci", 1), ("acme+ci", 7)]
    ids = {json.loads(post.body)["id"] for post in posts.posts}
    assert ids == {post.headers["Idempotency-Key"] for post in posts.posts}
    assert len(ids) == 2


@pytest.mark.parametrize("days", [[], [90], [2, 90]])
def test_the_days_are_a_setting(
    days: list[int], cast: Cast, posts: Hook, settings: Settings
) -> None:
    settings.EXPIRY_NOTICE_DAYS = days
    ends(cast.ci, 45)
    send()
    assert told(posts) == [("acme+ci", 90) for _ in days[-1:]]


# --- What is not told -------------------------------------------------------------


def test_what_cannot_be_used_or_goes_with_its_robot_is_not_told(
    cast: Cast, posts: Hook
) -> None:
    soon = NOW + timedelta(days=3)
    token = add_token(cast.ci, factories.BY, soon).token
    outlived = add_token(cast.reader, factories.BY, soon).token
    ends(cast.reader, 2.9)
    assert send()["webhook"].told == 2
    thing = [json.loads(post.body) for post in posts.posts]
    assert [one["token_id"] for one in thing] == [None, token.pk]
    # The robot lasts longer by now: its token counts.
    ends(cast.reader, 20)
    set_enabled(cast.ci, False, factories.BY)
    other, _ = factories.robot(factories.organization("other"), "ci")
    ends(other, 3)
    Namespace.objects.filter(name="other").update(enabled=False)
    send()
    later = [json.loads(post.body) for post in posts.posts[2:]]
    assert {(one["robot"], one["token_id"]) for one in later} == {
        ("acme+reader", None),
        ("acme+reader", outlived.pk),
    }


def test_what_was_rotated_or_retired_in_time_is_not_told(
    cast: Cast, posts: Hook
) -> None:
    posts.status = 500
    old = add_token(cast.ci, factories.BY, NOW + timedelta(days=8)).token
    gone = add_token(cast.reader, factories.BY, NOW + timedelta(days=8)).token
    assert send()["webhook"].failed == 2
    posts.status = 200
    # Both were noted, and wait to be tried again.
    until = NOW + timedelta(days=60)
    regenerate_token(cast.ci, factories.BY, MAX_GRACE, until)
    retire_token(cast.reader, gone.pk, factories.BY)
    old.refresh_from_db()
    assert old.is_replaced
    for day in range(61):
        send(NOW + timedelta(days=day))
    new = cast.ci.tokens.get(is_replaced=False)
    messages = [json.loads(post.body) for post in posts.accepted]
    assert [(m["token_id"], m["days"]) for m in messages] == [
        (new.pk, 30),
        (new.pk, 7),
        (new.pk, 1),
    ]


def test_a_nearer_notice_takes_the_place_of_one_that_was_never_heard(
    cast: Cast, posts: Hook
) -> None:
    ends(cast.ci, 8)
    posts.status = 500
    send()
    posts.status = 200
    send(NOW + timedelta(days=1, hours=1))
    send(NOW + timedelta(days=2))
    assert told(posts) == [("acme+ci", 7)]


# --- E-mail -----------------------------------------------------------------------


def test_one_mail_for_a_namespace_and_run(
    acme: Namespace, cast: Cast, mail: MailServer
) -> None:
    add_token(cast.ci, factories.BY, NOW + timedelta(days=20))
    for number in range(40):
        robot, secret = factories.robot(acme, f"bot{number}")
        ends(robot, 5)
    tally = send()["email"]
    assert (tally.told, tally.messages) == (41, 1)
    (one,) = mail.accepted
    assert sorted(one.recipients) == ["alice@example.com", "ann@example.com"]
    assert one.message["Subject"] == (
        "[127.0.0.1:8000] 41 robot accounts and tokens of acme will end"
    )
    # Nobody sees who else is told.
    assert "example.com" not in one.message["To"]
    assert one.message["Bcc"] is None
    assert one.text.count("the robot account with all its tokens") == 40
    assert one.text.count("acme+ci, its token") == 1
    assert one.text.index("Within 7 days:") < one.text.index("Within 30 days:")
    lists = re.findall(r"http://127.0.0.1:8000(/admin/\S+)", one.text)
    shown = {"robot": "bot7", "robottoken": "acme+ci"}
    assert [address.split("/")[3] for address in lists] == list(shown)
    client = signed_in(cast.alice)
    for address, name in zip(lists, shown.values(), strict=True):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.context["cl"].result_count == (1 if "token" in address else 40)
        assert name in answer.content.decode()
    assert secret.reveal() not in one.text


def test_an_organization_with_an_address_is_told_there_too(
    acme: Namespace, cast: Cast, mail: MailServer
) -> None:
    Namespace.objects.filter(pk=acme.pk).update(email="ann@example.com")
    ends(cast.ci, 5)
    send()
    (one,) = mail.accepted
    assert one.message["To"] == "ann@example.com"
    assert sorted(one.recipients) == ["alice@example.com", "ann@example.com"]


def test_a_person_is_told_of_their_own_robots(cast: Cast, mail: MailServer) -> None:
    give_address(cast)
    robot, _ = factories.robot(cast.alice.personal_namespace, "laptop")
    ends(robot, 5)
    send()
    (one,) = mail.accepted
    assert one.recipients == ["alice@example.com"]
    assert "alice+laptop" in one.text


def test_where_nobody_has_an_address_it_waits_for_one(
    cast: Cast, mail: MailServer, capsys: Captured
) -> None:
    ends(cast.ci, 5)
    assert run() == DONE
    assert "nobody has an address in acme" in capsys.readouterr().out
    assert mail.accepted == []
    give_address(cast)
    assert send(timezone.now() + timedelta(hours=1))["email"].told == 1


def test_a_mail_that_is_refused_is_sent_again_with_the_same_id(
    acme: Namespace, cast: Cast, mail: MailServer, posts: Hook
) -> None:
    ends(cast.ci, 5)
    mail.refuses = lambda: True
    assert send()["email"].failed == 1
    assert send()["email"].failed == 0  # Not before its time.
    assert told(posts) == [("acme+ci", 7)]
    mail.refuses = lambda: False
    send(NOW + timedelta(hours=1))
    ExpiryNotice.objects.update(delivered_at=None)
    send(NOW + timedelta(hours=2))
    first, again = (one.message["Message-ID"] for one in mail.accepted)
    assert first == again
    assert first.endswith("@127.0.0.1>")


def test_a_mailbox_that_refuses_does_not_stop_the_others(
    acme: Namespace, cast: Cast, mail: MailServer
) -> None:
    ends(cast.ci, 5)
    owner = factories.user("zed", email="zed@example.com")
    for number in range(4):
        place = factories.organization(f"org{number}", owner)
        ends(factories.robot(place, "ci")[0], 5)
    refused = iter([True] * 4)
    mail.answer = "552 too big"
    mail.refuses = lambda: next(refused, False)
    tally = send()["email"]
    assert (tally.told, tally.failed) == (1, 4)
    assert tally.reasons == ["the mail server answered 552"]


def test_an_address_that_no_mail_can_have_stops_nobody_else(
    acme: Namespace, cast: Cast, mail: MailServer, posts: Hook
) -> None:
    """A domain that is valid until it is written as DNS wants it."""
    bad = "a@" + "\u00fc" * 60 + ".example"
    update_organization(acme, {"email": bad}, factories.BY)
    ends(cast.ci, 5)
    other = factories.organization("zeta", factories.user("zed", email="z@example.com"))
    ends(factories.robot(other, "ci")[0], 6)
    tally = send()["email"]
    assert (tally.told, tally.failed) == (1, 1)
    assert tally.reasons == ["an address of these people cannot be written to"]
    assert [one.recipients for one in mail.accepted] == [["z@example.com"]]
    assert sorted(told(posts)) == [("acme+ci", 7), ("zeta+ci", 7)]
    update_organization(acme, {"email": ""}, factories.BY)
    assert send(NOW + timedelta(hours=1))["email"].told == 1


def test_a_mail_server_that_is_away_is_left_alone(
    acme: Namespace, cast: Cast, settings: Settings, posts: Hook
) -> None:
    with mail_server(settings):
        pass
    for number in range(9):
        place = factories.organization(f"org{number}", cast.alice)
        ends(factories.robot(place, "ci")[0], 5)
    tallies = send()
    assert tallies["email"].failed == 3
    assert "no mail server" in tallies["email"].reasons[0]
    assert tallies["webhook"].told == 9
    pending = ExpiryNotice.objects.filter(channel="email", delivered_at=None)
    assert sorted(pending.values_list("attempts", flat=True)) == [0] * 6 + [1] * 3


# --- Webhook ----------------------------------------------------------------------


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


# --- The command, the settings ----------------------------------------------------


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


# --- What expires, as numbers ------------------------------------------------------


def test_what_expires_is_counted(cast: Cast) -> None:
    ends(cast.reader, 6)
    for days in (0.5, 6, 20):
        add_token(cast.ci, factories.BY, NOW + timedelta(days=days))
    counts = {}
    for days in (1, 7, 30):
        found = expiring(NOW, timedelta(days=days))
        counts[days] = (found.robots.count(), found.tokens.count())
    assert counts == {1: (0, 1), 7: (1, 2), 30: (1, 3)}
