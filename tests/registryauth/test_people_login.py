"""People logging in: by name or e-mail, at the cost of exactly one hash."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from quaysite.models import User
from registryauth.people_login import MAX_PASSWORD_LENGTH
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal

WRONG = (401, "UNAUTHORIZED", "Invalid Username or Password")
DISABLED = (
    401,
    "UNAUTHORIZED",
    "This user has been disabled. Please contact your administrator.",
)
ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"


class CountingHasher(MD5PasswordHasher):
    """A real hasher that counts how often it hashes."""

    hashes = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashes += 1
        return super().encode(password, salt)


@pytest.fixture
def hashes(settings: Settings) -> Iterator[type[CountingHasher]]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    yield CountingHasher


def test_a_person_logs_in_by_user_name(cast: Cast, endpoint: Endpoint) -> None:
    assert endpoint.claims(endpoint.get(login=basic("bob")))["sub"] == "bob"


@pytest.mark.parametrize("typed", ["eve@example.com", "Eve@Example.COM"])
def test_a_person_logs_in_by_e_mail_in_any_case(
    typed: str, db: None, endpoint: Endpoint
) -> None:
    factories.user("eve", email="eve@EXAMPLE.com")
    assert endpoint.claims(endpoint.get(login=basic(typed)))["sub"] == "eve"


def test_e_mail_addresses_are_no_patterns(db: None, endpoint: Endpoint) -> None:
    factories.user("eve", email="eve@example.com")
    for typed in ("ev_@example.com", "%@example.com", "eve@example%", "@", "@e"):
        assert refusal(endpoint.get(login=basic(typed))) == WRONG


def test_two_people_cannot_have_one_e_mail_address(db: None) -> None:
    factories.user("eve", email="eve@example.com")
    with pytest.raises(IntegrityError):
        factories.user("mallory", email="EVE@example.com")


def test_any_number_of_people_have_no_e_mail_address(
    db: None, endpoint: Endpoint
) -> None:
    factories.user("eve", email="")
    factories.user("mallory", email="")
    assert refusal(endpoint.get(login=basic("@"))) == WRONG


@pytest.mark.parametrize("name", ["Bob", "BOB", "bob ", "nobody", "$token"])
def test_a_user_name_is_compared_exactly(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    assert refusal(endpoint.get(login=basic(name))) == WRONG


def test_a_wrong_password_is_refused(cast: Cast, endpoint: Endpoint) -> None:
    for password in ("wrong", "", factories.PASSWORD + " ", factories.PASSWORD.upper()):
        assert refusal(endpoint.get(login=basic("bob", password))) == WRONG


def test_a_deactivated_person_is_told_so_for_the_right_password_only(
    cast: Cast, endpoint: Endpoint
) -> None:
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert refusal(endpoint.get(login=basic("bob"))) == DISABLED
    assert refusal(endpoint.get(login=basic("bob", "wrong"))) == WRONG


def test_a_person_without_a_usable_password_cannot_log_in(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.bob.set_unusable_password()
    cast.bob.save()
    for password in ("", "!", cast.bob.password, cast.bob.password[1:]):
        assert refusal(endpoint.get(login=basic("bob", password))) == WRONG


@pytest.mark.parametrize(
    ("name", "password", "cost"),
    [
        ("dora", factories.PASSWORD, 1),
        ("dora", "wrong", 1),
        ("nobody", "wrong", 1),
        ("nobody@example.com", "wrong", 1),
        ("dora", "", 1),
        ("nobody", "", 1),
        ("dora", "x" * (MAX_PASSWORD_LENGTH + 1), 0),
        ("nobody", "x" * (MAX_PASSWORD_LENGTH + 1), 0),
        ("do\x00ra", "wrong", 0),
        ("acme+ci", "wrong", 0),
    ],
    ids=[
        "right",
        "wrong",
        "unknown",
        "unknown e-mail",
        "empty",
        "unknown and empty",
        "too long",
        "unknown and too long",
        "NUL",
        "robot",
    ],
)
def test_a_login_costs_as_many_hashes_for_nobody_as_for_somebody(
    name: str,
    password: str,
    cost: int,
    cast: Cast,
    hashes: type[CountingHasher],
    endpoint: Endpoint,
) -> None:
    factories.user("dora")
    before = hashes.hashes
    endpoint.get(login=basic(name, password))
    assert hashes.hashes - before == cost


def test_the_longest_password_is_accepted_and_one_more_is_not(
    db: None, endpoint: Endpoint
) -> None:
    longest = "p" * MAX_PASSWORD_LENGTH
    factories.user("dora", password=longest)
    factories.user("evan", password=longest + "p")
    assert endpoint.get(login=basic("dora", longest)).status_code == 200
    assert refusal(endpoint.get(login=basic("evan", longest + "p"))) == WRONG


def test_passwords_are_hashed_with_argon2(
    db: None, endpoint: Endpoint, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [ARGON2]
    password = "p" * 100
    dora = factories.user("dora", password=password)
    assert dora.password.startswith("argon2$argon2id$")
    assert endpoint.get(login=basic("dora", password)).status_code == 200
    changed_tail = password[:-1] + "q"
    assert refusal(endpoint.get(login=basic("dora", changed_tail))) == WRONG


def test_logging_in_writes_nothing_to_the_person(
    cast: Cast, endpoint: Endpoint
) -> None:
    before = User.objects.values().get(pk=cast.bob.pk)
    endpoint.get(login=basic("bob"))
    assert User.objects.values().get(pk=cast.bob.pk) == before
