"""reseal: sealed secrets under the current key, each row at once, others left alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from threading import Event

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth.robot_login import authenticate_robot
from robots import credentials, keyring
from robots.credentials import Secret
from robots.kept_secrets import APP_TOKENS, ROBOT_TOKENS, standing
from robots.lifecycle import resealing
from robots.lifecycle.app_tokens import create_app_token, read_app_token
from robots.lifecycle.resealing import Resealed, reseal
from robots.lifecycle.robots import regenerate_token
from robots.models import AppToken, Robot, RobotToken
from tests import factories
from tests.conftest import Cast

OLD = "the old key of the site that is as long as it takes"
NEW = "the new key of the site that is as long as it takes"
OLD_ID, NEW_ID = keyring.key_id_of(OLD), keyring.key_id_of(NEW)

PATIENCE = 10
"""Seconds after which a thread that waits for the other one gives up."""

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)


@pytest.fixture
def old_keys(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD


@pytest.fixture
def changed(old_keys: None, cast: Cast, settings: Settings) -> Cast:
    """The cast's tokens are of the old key, after the change of keys."""
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    return cast


def resealed(size: int = 200) -> Resealed:
    found = Resealed()
    for _ in reseal(ROBOT_TOKENS, found, size):
        pass
    return found


def log_in(robot: Robot, secret: Secret) -> None:
    authenticate_robot(robot.full_name, secret, timezone.now())


def test_a_token_is_the_same_under_the_new_key(
    changed: Cast, settings: Settings
) -> None:
    before = changed.ci.tokens.get()
    assert resealed() == Resealed(renewed=2)
    after = changed.ci.tokens.get()
    assert after.pk == before.pk
    assert after.digest == credentials.digest(changed.ci_secret) != before.digest
    assert (before.key_id, after.key_id) == (OLD_ID, NEW_ID)
    settings.ROBOTS_SECRET_KEYS = NEW
    assert factories.stored_secret(changed.ci) == changed.ci_secret.reveal()
    log_in(changed.ci, changed.ci_secret)


def test_an_application_token_is_brought_over(
    old_keys: None, cast: Cast, settings: Settings
) -> None:
    token, secret = create_app_token(cast.bob, "laptop", factories.BY)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    found = Resealed()
    assert list(reseal(APP_TOKENS, found)) == [1]
    assert found == Resealed(renewed=1)
    settings.ROBOTS_SECRET_KEYS = NEW
    token = AppToken.objects.get(pk=token.pk)
    assert token.key_id == NEW_ID
    assert read_app_token(token, factories.BY) == secret


def test_the_second_time_there_is_nothing_to_do(changed: Cast) -> None:
    resealed()
    before = list(RobotToken.objects.values_list("pk", "digest", "sealed"))
    assert resealed() == Resealed()
    assert list(RobotToken.objects.values_list("pk", "digest", "sealed")) == before


def test_a_run_that_is_interrupted_is_taken_up_again(changed: Cast) -> None:
    for n in range(5):
        factories.robot(changed.acme, f"bot{n}")
    RobotToken.objects.update(key_id=OLD_ID)
    found = Resealed()
    next(islice(reseal(ROBOT_TOKENS, found, 2), 0, None))
    assert found == Resealed(renewed=2)
    log_in(changed.ci, changed.ci_secret)
    log_in(changed.reader, changed.reader_secret)
    assert resealed(2) == Resealed(renewed=5)


def test_an_error_within_a_batch_changes_none_of_it(
    changed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(RobotToken.objects.order_by("pk").values())
    real, done = resealing._renew, list[int]()

    def breaks(*arguments: object) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(resealing, "_renew", breaks)
    with pytest.raises(KeyboardInterrupt):
        resealed()
    assert list(RobotToken.objects.order_by("pk").values()) == before


def test_rows_that_no_key_opens_are_left_alone_and_told(
    changed: Cast, settings: Settings
) -> None:
    settings.ROBOTS_SECRET_KEYS = "a third key of the site that has long been gone"
    factories.robot(changed.acme, "lost")
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    rows = RobotToken.objects.filter(robot__name="lost")
    before = rows.values().get()
    assert resealed() == Resealed(renewed=2, lost=[before["id"]])
    assert rows.values().get() == before
    assert resealed() == Resealed(lost=[before["id"]])


def test_a_row_of_an_earlier_version_is_given_its_key(
    old_keys: None, cast: Cast
) -> None:
    RobotToken.objects.update(key_id="")
    assert standing(ROBOT_TOKENS, timezone.now()).stale == 2
    assert resealed() == Resealed(renewed=2)
    assert set(RobotToken.objects.values_list("key_id", flat=True)) == {OLD_ID}
    log_in(cast.ci, cast.ci_secret)


def test_a_version_without_key_ids_may_still_write(old_keys: None, cast: Cast) -> None:
    """It names the columns that it knows, while a newer one serves beside it."""
    known = [f.column for f in RobotToken._meta.concrete_fields]
    columns = ", ".join(
        sorted({str(one) for one in known} - {"id", "key_id", "digest"})
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO robots_robottoken (digest, {columns})"  # noqa: S608
            f" SELECT %s, {columns} FROM robots_robottoken WHERE robot_id = %s",
            ["d" * 64, cast.ci.pk],
        )
    assert RobotToken.objects.get(digest="d" * 64).key_id == ""


def test_what_a_row_says_of_its_key_is_not_believed(changed: Cast) -> None:
    RobotToken.objects.update(key_id=NEW_ID)
    found = standing(ROBOT_TOKENS, timezone.now())
    assert (found.copied[OLD_ID], found.copied[NEW_ID], found.stale) == (2, 0, 2)
    assert resealed() == Resealed(renewed=2)


def test_a_secret_of_two_robots_is_told_and_works_on(changed: Cast) -> None:
    """Each row has another digest of it, as each was made under another key."""
    RobotToken.objects.create(
        robot=changed.reader,
        **credentials.at_rest(changed.ci_secret, readable=True)._asdict(),
    )
    found = resealed()
    assert found == Resealed(renewed=1, taken=[changed.ci.tokens.get().pk])
    for robot in (changed.ci, changed.reader):
        log_in(robot, changed.ci_secret)
    log_in(changed.reader, changed.reader_secret)


def test_tokens_that_have_ended_are_of_no_interest(changed: Cast) -> None:
    RobotToken.objects.filter(robot=changed.ci).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert resealed() == Resealed(renewed=1)
    assert standing(ROBOT_TOKENS, timezone.now()).copied == {NEW_ID: 1}


def test_a_token_that_is_about_to_end_stays_unreadable(
    changed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its copy was dropped after it was read, and before it was written."""
    real = resealing._renewed

    def late(kept: object, keys: object) -> Resealed:
        if RobotToken.objects.filter(sealed__isnull=False).count() == 2:
            regenerate_token(changed.ci, factories.BY, grace=60)
        return real(kept, keys)  # type: ignore[arg-type]

    monkeypatch.setattr(resealing, "_renewed", late)
    resealed()
    ended = changed.ci.tokens.get(expires_at__isnull=False)
    assert (ended.sealed, ended.key_id) == (None, OLD_ID)
    log_in(changed.ci, changed.ci_secret)


def test_standing_tells_what_waits_for_a_login(
    changed: Cast, settings: Settings
) -> None:
    RobotToken.objects.filter(robot=changed.ci).update(sealed=None)
    RobotToken.objects.filter(robot=changed.reader).update(sealed=None, key_id="")
    found = standing(ROBOT_TOKENS, timezone.now(), size=1)
    assert found.bare == {OLD_ID: 1, "": 1}
    assert len(found.waiting) == 2
    settings.ROBOTS_SECRET_KEYS = NEW
    found = standing(ROBOT_TOKENS, timezone.now(), size=1)
    assert found.lost == [changed.ci.tokens.get().pk]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_token_that_somebody_holds_is_tried_again_and_not_waited_for(
    changed: Cast,
) -> None:
    held, go_on = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                RobotToken.objects.select_for_update().get(robot=changed.ci)
                held.set()
                assert go_on.wait(PATIENCE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(PATIENCE)
        try:
            busy = resealed()
        finally:
            go_on.set()
        holding.result(PATIENCE)
    assert busy == Resealed(renewed=1, busy=[changed.ci.tokens.get().pk])
    assert resealed() == Resealed(renewed=1)


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("grace", [0, 60])
def test_a_regeneration_at_the_same_time_wins(
    grace: int, changed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the locked row, and then ends what has become of it."""
    locked, real = Event(), resealing._renew

    def slowly(*arguments: object) -> None:
        locked.set()
        # Long enough for the other to come to the row; it cannot pass it.
        Event().wait(0.3)
        real(*arguments)  # type: ignore[arg-type]

    def regenerate() -> Secret:
        try:
            assert locked.wait(PATIENCE)
            return regenerate_token(changed.ci, factories.BY, grace=grace).secret
        finally:
            connections.close_all()

    monkeypatch.setattr(resealing, "_renew", slowly)
    with ThreadPoolExecutor(1) as pool:
        regenerating = pool.submit(regenerate)
        assert resealed().renewed == 2
        secret = regenerating.result(PATIENCE)
    log_in(changed.ci, secret)
    tokens = RobotToken.objects.filter(robot=changed.ci)
    old = tokens.filter(digest__in=credentials.accepted_digests(changed.ci_secret))
    assert [token.sealed for token in old] == ([None] if grace else [])
    assert tokens.count() == (2 if grace else 1)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_regeneration_that_is_under_way_wins(changed: Cast) -> None:
    """Its rows are passed over, and there is nothing left of them later."""
    begun, go_on = Event(), Event()

    def regenerate() -> Secret:
        try:
            with transaction.atomic():
                secret = regenerate_token(changed.ci, factories.BY).secret
                begun.set()
                assert go_on.wait(PATIENCE)
            return secret
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        regenerating = pool.submit(regenerate)
        assert begun.wait(PATIENCE)
        run = reseal(ROBOT_TOKENS, found := Resealed())
        next(run)
        assert len(found.busy) == 1
        go_on.set()
        secret = regenerating.result(PATIENCE)
        for _ in run:
            pass
    assert found == Resealed(renewed=1)
    log_in(changed.ci, secret)
    assert changed.ci.tokens.get().digest == credentials.digest(secret)
