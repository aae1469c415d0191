"""Logins and regenerations at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from registryauth import first_login
from registryauth.token_rows import digests_of
from robots.credentials import Secret
from robots.errors import NotFound
from robots.imported_secrets import SlowHash
from robots.lifecycle.imported_secrets import exchange_imported_secret
from robots.lifecycle.robots import regenerate_token
from robots.models import ImportedSecret, Robot, RobotToken
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.first_login.imported import (
    SECRET,
    WEB,
    assert_nothing_came_of_it,
    events,
)
from tests.registryauth.refusals import not_found


def test_a_hash_that_is_gone_when_it_matches_leaves_the_answer_to_the_tokens(
    imported: Robot,
    endpoint: Endpoint,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """As if it were ended between the comparison and the exchange."""
    now = timezone.now()
    held = first_login.held_for("acme+ci", digests_of(Secret(SECRET)), now)
    regenerate_token(imported, factories.BY)
    assert first_login.becomes_token(held, Secret(SECRET), factories.BY.origin)
    assert imported.tokens.count() == 1
    assert not events()


def test_a_login_that_is_overtaken_after_it_looked_for_a_token_gets_in(
    imported: Robot, endpoint: Endpoint
) -> None:
    """Another login with the secret ends between the two queries of this one."""
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    real = first_login.held_for

    def overtaken(
        name: str, digests: dict[str, str], now: datetime
    ) -> first_login.Held:
        exchange_imported_secret(imported.pk, kept, Secret(SECRET), factories.BY)
        return real(name, digests, now)

    with patch.object(first_login, "held_for", overtaken):
        response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert endpoint.claims(response)["sub"] == "acme+ci"
    assert imported.tokens.count() == 1
    assert events() == 1


def test_an_exchange_that_fails_half_way_leaves_everything(imported: Robot) -> None:
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    with (
        patch("robots.audit.record", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        exchange_imported_secret(imported.pk, kept, Secret(SECRET), factories.BY)
    assert_nothing_came_of_it(imported)


def test_a_hash_of_a_robot_that_is_gone_cannot_be_exchanged(imported: Robot) -> None:
    kept = SlowHash(imported.imported_secret.salt, imported.imported_secret.digest)
    with pytest.raises(NotFound):
        exchange_imported_secret(imported.pk + 99, kept, Secret(SECRET), factories.BY)
    assert_nothing_came_of_it(imported)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_fifty_first_logins_at_once_all_get_in_and_make_one_token(
    imported: Robot,
) -> None:
    together = Barrier(10)

    def log_in(number: int) -> int:
        try:
            together.wait(10)
            return (
                Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET)).status_code
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(log_in, range(50)))
    assert Counter(statuses) == {200: 50}
    assert imported.tokens.count() == 1
    assert not ImportedSecret.objects.exists()
    assert events() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_a_regeneration_meanwhile_ends_it_whoever_is_first(imported: Robot) -> None:
    together = Barrier(2)

    def log_in() -> None:
        try:
            together.wait(10)
            Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET))
        finally:
            connections.close_all()

    def regenerate() -> None:
        try:
            together.wait(10)
            regenerate_token(imported, factories.BY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for call in [pool.submit(log_in), pool.submit(regenerate)]:
            call.result()
    assert not ImportedSecret.objects.exists()
    assert RobotToken.objects.filter(robot=imported).count() == 1
    response = Endpoint(Client()).get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
