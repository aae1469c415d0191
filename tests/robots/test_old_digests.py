"""Tokens without a copy: a login with an older digest has it made anew, later."""

import logging
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from registryauth.app_login import authenticate_app_login
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots import credentials, keyring
from robots import old_digests as module
from robots.credentials import Secret
from robots.lifecycle.app_tokens import create_app_token
from robots.lifecycle.robots import delete_robot, regenerate_token
from robots.models import AppToken, Robot, RobotToken
from robots.old_digests import OldDigests, old_digests
from tests import factories
from tests.conftest import Cast

OLD = "the old key of the site that is as long as it takes"
NEW = "the new key of the site that is as long as it takes"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(cast: Cast, settings: Settings) -> tuple[Robot, Secret]:
    """A robot whose token is a digest of the old key, after the change of keys."""
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    settings.ROBOTS_SECRET_KEYS = OLD
    made = factories.robot(cast.acme, "bare")
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    return made


def log_in(robot: Robot, secret: Secret) -> None:
    authenticate_robot(robot.full_name, secret, timezone.now())


def token_of(robot: Robot) -> RobotToken:
    token: RobotToken = robot.tokens.get()
    return token


def test_the_digest_changes_with_the_flush_after_a_login(
    bare: tuple[Robot, Secret], settings: Settings
) -> None:
    robot, secret = bare
    before = token_of(robot)
    log_in(robot, secret)
    assert token_of(robot).digest == before.digest
    old_digests.flush()
    after = token_of(robot)
    assert after.digest == credentials.digest(secret) != before.digest
    assert (before.key_id, after.key_id) == (
        keyring.key_id_of(OLD),
        keyring.key_id_of(NEW),
    )
    assert after.sealed is None
    settings.ROBOTS_SECRET_KEYS = NEW
    log_in(robot, secret)


def test_the_login_asks_no_more_of_the_database(
    bare: tuple[Robot, Secret], settings: Settings
) -> None:
    statements = []
    for keys in (OLD, f"{NEW},{OLD}"):
        settings.ROBOTS_SECRET_KEYS = keys
        with CaptureQueriesContext(connection) as captured:
            log_in(*bare)
        statements.append([query["sql"] for query in captured])
    alone, both = statements
    assert len(alone) == len(both) == 1
    columns = {sql.partition(" FROM ")[0] for (sql,) in statements}
    assert len(columns) == 1
    assert "key_id" not in alone[0] + both[0]


def test_with_one_key_nothing_is_noted_and_no_digest_is_made(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(secret: Secret) -> list[str]:
        raise AssertionError("a digest more")

    monkeypatch.setattr("robots.credentials.accepted_digests", never)
    OldDigests().note(RobotToken, 1, cast.ci_secret)
    assert old_digests._waiting == {}


def test_what_waits_is_no_secret(bare: tuple[Robot, Secret]) -> None:
    robot, secret = bare
    log_in(robot, secret)
    (waiting,) = old_digests._waiting.values()
    assert set(waiting.digests) == set(credentials.accepted_digests(secret))
    assert secret.reveal() not in repr(old_digests._waiting)


def test_a_wrong_secret_is_not_noted(bare: tuple[Robot, Secret]) -> None:
    robot, _ = bare
    with pytest.raises(Unauthorized):
        log_in(robot, Secret("WRONG"))
    assert old_digests._waiting == {}


def test_an_application_token_is_brought_over_too(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    settings.ROBOTS_SECRET_KEYS = OLD
    _, secret = create_app_token(cast.bob, "laptop", factories.BY)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    authenticate_app_login(secret, timezone.now())
    old_digests.flush()
    token = AppToken.objects.get()
    assert token.digest == credentials.digest(secret)
    assert token.key_id == keyring.key_id_of(NEW)


def test_a_row_of_an_earlier_version_is_given_its_key(
    bare: tuple[Robot, Secret], settings: Settings
) -> None:
    """It is under the current key already, and only does not say so."""
    robot, secret = bare
    settings.ROBOTS_SECRET_KEYS = f"{OLD},{NEW}"
    RobotToken.objects.filter(robot=robot).update(key_id="")
    log_in(robot, secret)
    old_digests.flush()
    token = token_of(robot)
    assert (token.digest, token.key_id) == (
        credentials.digest(secret),
        keyring.key_id_of(OLD),
    )


def test_a_token_that_can_be_read_again_is_left_to_reseal(
    cast: Cast, settings: Settings
) -> None:
    """Its copy is bound to the digest: it would not open any more."""
    before = token_of(cast.ci)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{settings.ROBOTS_SECRET_KEYS}"
    log_in(cast.ci, cast.ci_secret)
    old_digests.flush()
    after = token_of(cast.ci)
    assert (after.digest, after.key_id) == (before.digest, before.key_id)
    assert factories.stored_secret(cast.ci) == cast.ci_secret.reveal()


def test_a_token_that_was_replaced_meanwhile_stays_dead(
    bare: tuple[Robot, Secret],
) -> None:
    robot, secret = bare
    log_in(robot, secret)
    _, newer = regenerate_token(robot, factories.BY)
    old_digests.flush()
    assert token_of(robot).digest == credentials.digest(newer)
    with pytest.raises(Unauthorized):
        log_in(robot, secret)
    log_in(robot, newer)


def test_a_robot_that_was_deleted_meanwhile_does_not_come_back(
    bare: tuple[Robot, Secret], cast: Cast
) -> None:
    robot, secret = bare
    log_in(robot, secret)
    delete_robot(robot, factories.BY)
    old_digests.flush()
    known = credentials.accepted_digests(secret)
    assert not RobotToken.objects.filter(digest__in=known).exists()
    assert RobotToken.objects.count() == 2


def test_a_row_that_changed_after_it_was_read_is_left_alone(
    bare: tuple[Robot, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest is compared by the statement that writes the new one."""
    robot, secret = bare
    log_in(robot, secret)
    real = module._is_done

    def too_late(rows: object, row: object, shown: object) -> bool:
        RobotToken.objects.filter(robot=robot).update(digest="d" * 64)
        return real(rows, row, shown)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_is_done", too_late)
    old_digests.flush()
    assert token_of(robot).digest == "d" * 64


def test_the_same_secret_of_two_robots_moves_neither_into_the_other(
    bare: tuple[Robot, Secret], cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    robot, secret = bare
    RobotToken.objects.create(
        robot=cast.reader, **credentials.at_rest(secret, readable=False)._asdict()
    )
    before = token_of(robot)
    log_in(robot, secret)
    with caplog.at_level(logging.WARNING):
        old_digests.flush()
    assert token_of(robot).digest == before.digest
    assert "robots.RobotToken" in caplog.text
    assert secret.reveal() not in caplog.text
    assert credentials.digest(secret) not in caplog.text
    log_in(robot, secret)
    log_in(cast.reader, secret)


def test_a_token_is_looked_at_once(
    bare: tuple[Robot, Secret], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    log_in(*bare)
    old_digests.flush()
    log_in(*bare)
    assert old_digests._waiting == {}
    with django_assert_num_queries(0):
        old_digests.flush()


def test_after_another_change_of_keys_it_is_looked_at_again(
    bare: tuple[Robot, Secret], settings: Settings
) -> None:
    robot, secret = bare
    for keys in (f"{NEW},{OLD}", f"{OLD},{NEW}"):
        settings.ROBOTS_SECRET_KEYS = keys
        log_in(robot, secret)
        old_digests.flush()
        assert token_of(robot).digest == credentials.digest(secret)


def test_an_outage_keeps_what_waits(
    bare: tuple[Robot, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    robot, secret = bare
    log_in(robot, secret)

    def away(*_: object) -> bool:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_is_done", away)
        old_digests.flush()
    assert token_of(robot).key_id == keyring.key_id_of(OLD)
    old_digests.flush()
    assert token_of(robot).key_id == keyring.key_id_of(NEW)


def test_an_outage_ends_a_flush_and_keeps_what_is_left(
    bare: tuple[Robot, Secret],
    cast: Cast,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD
    more = [bare, *(factories.robot(cast.acme, f"bare{n}") for n in range(3))]
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    monkeypatch.setattr(module, "_BATCH", 1)
    for robot, secret in more:
        log_in(robot, secret)
    tries, real = [], module._is_done

    def away_after_one(*row: Any) -> bool:
        tries.append(row)
        if len(tries) > 1:
            raise OperationalError("gone")
        return real(*row)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_is_done", away_after_one)
        old_digests.flush()
    assert len(tries) == 2
    assert len(old_digests._waiting) == 3
    old, new = keyring.key_id_of(OLD), keyring.key_id_of(NEW)
    keys = [token_of(robot).key_id for robot, _ in more]
    assert keys == [new, old, old, old]
    old_digests.flush()
    assert {token_of(robot).key_id for robot, _ in more} == {new}


def test_what_the_database_never_takes_is_dropped(
    bare: tuple[Robot, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(*bare)

    def refused(*_: object) -> bool:
        raise ProgrammingError("no such column")

    monkeypatch.setattr(module, "_is_done", refused)
    old_digests.flush()
    assert old_digests._waiting == {}


def test_no_more_than_so_many_wait(
    bare: tuple[Robot, Secret], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    for pk in range(5):
        old_digests.note(RobotToken, pk, Secret(f"secret {pk}"))
    assert len(old_digests._waiting) == 3
