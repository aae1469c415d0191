"""Hashes that are kept: old ones, unreadable ones, and how an application gets its."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import (
    Details,
    create_application,
    reset_client_secret,
)
from quaysite.models import User
from robots.password_hashing import HashingBusy
from tests import factories
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.quaysite.passwords import NEW, QUICK, busy, kinds
from tests.registryauth.endpoint import Endpoint, basic


class OldHasher(PBKDF2PasswordHasher):
    """Of which no new hash is made; it takes no turn."""

    iterations = 10


def test_an_old_hash_lets_its_person_in_though_there_is_no_time_for_a_new_one(
    people: Cast, settings: Settings
) -> None:
    old = OldHasher().encode(PASSWORD, "salt" * 6)
    User.objects.filter(pk=people.bob.pk).update(password=old)
    settings.PASSWORD_HASHERS = [QUICK, f"{__name__}.OldHasher"]

    def sign_in(password: str) -> int:
        form = {"username": "bob", "password": password}
        return Client().post("/sign-in/", form).status_code

    def kept() -> str:
        return User.objects.get(pk=people.bob.pk).password

    with busy():
        assert sign_in("wrong") == 200
        assert kept() == old
        assert sign_in(PASSWORD) == 302
        assert kept() == old
    assert sign_in("wrong") == 200
    assert kept() == old
    assert sign_in(PASSWORD) == 302
    assert kept().startswith("argon2$")
    assert sign_in(PASSWORD) == 302


def test_an_old_hash_does_not_come_back_over_a_password_that_was_changed_meanwhile(
    people: Cast, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [QUICK, f"{__name__}.OldHasher"]
    old = OldHasher().encode(PASSWORD, "salt" * 6)
    User.objects.filter(pk=people.bob.pk).update(password=old)
    signing_in = User.objects.get(pk=people.bob.pk)
    changed = User.objects.get(pk=people.bob.pk)
    changed.set_password(NEW)
    changed.save()

    assert signing_in.check_password(PASSWORD)
    now = User.objects.get(pk=people.bob.pk)
    assert now.password == changed.password
    assert now.check_password(NEW)
    assert not now.check_password(PASSWORD)


def test_a_kept_hash_that_cannot_be_read_is_a_wrong_password(
    people: Cast, endpoint: Endpoint
) -> None:
    """It would be 429 for ever, or 500."""
    for kept in ("argon2$argon2id", "argon2$argon2id$v=19$m=64,t=1,p=8$c2Fs$"):
        User.objects.filter(pk=people.bob.pk).update(password=kept)
        assert endpoint.get(login=basic("bob")).status_code == 401
        form = {"username": "bob", "password": PASSWORD}
        assert Client().post("/sign-in/", form).status_code == 200
    assert kinds().count("login_failure") == 4


def test_the_page_of_a_person_shows_a_kept_hash_that_cannot_be_read(
    people: Cast, admin_client: Client
) -> None:
    User.objects.filter(pk=people.bob.pk).update(password="argon2$argon2id")
    answer = admin_client.get(f"/admin/quaysite/user/{people.bob.pk}/change/")
    assert answer.status_code == 200
    assert "cannot be read" in answer.content.decode()


def test_a_client_secret_is_hashed_before_anything_is_locked(people: Cast) -> None:
    details = Details("CI", redirect_uri="https://ci.example/callback")
    application = create_application(people.acme, details, factories.BY)
    with CaptureQueriesContext(connection) as asked, busy():
        with pytest.raises(HashingBusy):
            reset_client_secret(application, factories.BY)
        with pytest.raises(HashingBusy):
            create_application(people.acme, details, factories.BY)
    assert asked.captured_queries == []
    before = application.client_secret
    reset = reset_client_secret(application, factories.BY)
    application.refresh_from_db()
    assert application.client_secret == reset.client_secret != before
    assert application.client_secret.startswith("argon2$")
