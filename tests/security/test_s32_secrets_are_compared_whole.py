"""S-32: every byte of a secret counts; an unknown name costs what a known one does."""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic

LONG = "".join(chr(ord("a") + n % 26) for n in range(200))


class CountingArgon2(Argon2PasswordHasher):
    """Argon2 as it ships, counting how often it is run."""

    time_cost = 1
    memory_cost = 64
    runs = 0

    def encode(self, password: str, salt: str) -> str:
        CountingArgon2.runs += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        CountingArgon2.runs += 1
        return super().verify(password, encoded)


@pytest.mark.parametrize("position", [0, 71, 72, 73, 100, 199])
def test_s32_one_changed_character_of_a_long_password_fails(
    position: int, db: None, endpoint: Endpoint, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingArgon2"]
    factories.user("dora", password=LONG)
    changed = LONG[:position] + "!" + LONG[position + 1 :]
    assert endpoint.get(login=basic("dora", LONG)).status_code == 200
    assert endpoint.get(login=basic("dora", changed)).status_code == 401
    assert endpoint.get(login=basic("dora", LONG[:72])).status_code == 401


def test_s32_every_character_of_a_robots_token_counts(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    good = cast.ci_secret.reveal()
    for position in range(len(good)):
        other = "A" if good[position] != "A" else "B"
        changed = good[:position] + other + good[position + 1 :]
        assert endpoint.get(login=basic("acme+ci", changed)).status_code == 401
    for tail in ("A", "A" * 72):
        assert endpoint.get(login=basic("acme+ci", good + tail)).status_code == 401
    assert endpoint.get(login=basic("acme+ci", good)).status_code == 200


def test_s32_an_unknown_person_costs_one_run_of_the_hasher_like_a_wrong_password(
    db: None, endpoint: Endpoint, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingArgon2"]
    factories.user("dora")
    runs = []
    for name in ("dora", "nobody", "nobody@example.com"):
        before = CountingArgon2.runs
        endpoint.get(login=basic(name, "wrong"))
        runs.append(CountingArgon2.runs - before)
    assert runs == [1, 1, 1]


_TIME = re.compile(r"'\d{4}-\d\d-\d\d [^']*'")
_NAME = re.compile(r"'(?:acme|ci|none)'")


def test_s32_an_unknown_robot_costs_the_same_queries_as_a_wrong_token(
    cast: Cast, endpoint: Endpoint
) -> None:
    statements = []
    for name in ("acme+ci", "acme+none", "none+none"):
        with CaptureQueriesContext(connection) as captured:
            endpoint.get(login=basic(name, "WRONG"))
        asked = (query["sql"] for query in captured)
        timeless = (_TIME.sub("(now)", sql) for sql in asked)
        statements.append([_NAME.sub("'name'", sql) for sql in timeless])
    # The token; then the switch of the site, and secrets that another registry kept.
    assert len(statements[0]) == 2
    assert statements[0] == statements[1] == statements[2]
