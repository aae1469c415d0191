"""Who is told by mail, and what happens if a mail cannot be sent."""

import re
from datetime import timedelta

from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.lifecycle.organizations import update_organization
from robots.lifecycle.tokens import add_token
from robots.management.command import DONE
from robots.models import ExpiryNotice, Namespace
from tests import factories
from tests.conftest import Cast
from tests.quaysite.expiry.notices import (
    NOW,
    Captured,
    ends,
    give_address,
    run,
    send,
    told,
)
from tests.receivers import Hook, MailServer, mail_server
from tests.robots.admin_people import signed_in


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
