"""Tokens of robots that an access file makes, or keeps."""

from datetime import UTC, datetime

import pytest

from federation.models import Trust
from registryauth.robot_login import authenticate_robot
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import new_robots, reconcile
from robots.credentials import Secret
from robots.models import AuditEvent, Robot, RobotToken
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.accessfile.applying import HEAD, SOURCE, applied, apply
from tests.robots.accessfile.files import AFTER, BEFORE
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("people")
def test_new_robots_get_tokens_that_log_in() -> None:
    handed: list[tuple[str, Secret]] = []
    done = apply(BEFORE, deliver=handed.extend)
    assert handed == list(done.tokens)
    assert [name for name, _ in handed] == ["acme+deploy", "acme+idle", "alice+mine"]
    for name, secret in handed:
        if name != "acme+deploy":  # which is disabled
            authenticate_robot(name, secret, datetime.now(UTC))
    assert not any(
        secret.reveal() in str(facts)
        for facts in AuditEvent.objects.values_list("facts", flat=True)
        for _, secret in handed
    )
    assert apply(BEFORE, deliver=handed.extend).tokens == ()
    assert len(handed) == 3


@pytest.mark.usefixtures("people")
def test_a_new_robot_with_trusts_gets_no_token() -> None:
    apply(BEFORE)
    robots = Robot.objects.filter(tokens__isnull=True)
    assert [robot.full_name for robot in robots] == ["acme+ci"]
    assert Trust.objects.get().robot.full_name == "acme+ci"


def test_a_robot_that_is_given_trusts_keeps_its_tokens(cast: Cast) -> None:
    trust = "{issuer: 'https://a.example.com', subject: me}"
    applied(f"{HEAD}  acme: {{robots: {{ci: {{trusts: [{trust}]}}}}}}\n")
    authenticate_robot("acme+ci", cast.ci_secret, datetime.now(UTC))


@pytest.mark.usefixtures("people")
def test_tokens_that_clients_have_are_kept() -> None:
    kept = Secret("K" * 64)
    secrets = {"acme+ci": kept, "acme+deploy": None}
    done = apply(BEFORE, secrets=secrets)
    assert [name for name, _ in done.tokens] == ["acme+idle", "alice+mine"]
    assert "acme+ci" not in dict(done.tokens)
    authenticate_robot("acme+ci", kept, datetime.now(UTC))
    assert RobotToken.objects.filter(robot__name="ci").count() == 1
    assert not RobotToken.objects.filter(robot__name="deploy").exists()


@pytest.mark.usefixtures("people")
def test_nothing_is_stored_where_tokens_cannot_be_delivered() -> None:
    def fail(_: object) -> None:
        raise OSError("full")

    file = read_access_file(SOURCE, BEFORE.encode())
    with unchanged(), pytest.raises(OSError, match="full"):
        reconcile(file, BY, deliver=fail)


@pytest.mark.usefixtures("people")
def test_new_robots_are_known_beforehand() -> None:
    file = read_access_file(SOURCE, AFTER.encode())
    assert new_robots([file]) == ["acme+deploy", "alice+other"]
    apply(BEFORE)
    assert new_robots([file]) == ["alice+other"]
