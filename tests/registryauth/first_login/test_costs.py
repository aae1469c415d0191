"""What a login costs, whether or not there are imported secrets."""

from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.utils import timezone

from robots import imported_secrets
from robots.credentials import Secret
from robots.imported_secrets import SlowHash
from robots.models import ImportedSecret, Robot
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic
from tests.registryauth.first_login.imported import SECRET, WEB
from tests.registryauth.queries import queries


def hashed() -> Callable[[], int]:
    """How often a secret is hashed slowly from now on."""
    count: Counter[str] = Counter()
    real = imported_secrets.matches

    def matches(kept: SlowHash, secret: Secret) -> bool:
        count["times"] += 1
        return real(kept, secret)

    patcher = patch.object(imported_secrets, "matches", matches)
    patcher.start()

    def stop() -> int:
        patcher.stop()
        return count["times"]

    return stop


NAMES = ["acme+ci", "acme+reader", "acme+no", "none+none", "+", "a+b+c", "a\0+b"]


@pytest.mark.parametrize("name", NAMES)
def test_every_failed_login_costs_two_queries_and_one_slow_hash(
    name: str, imported: Robot, endpoint: Endpoint
) -> None:
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 1


@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_was_imported_nothing_is_hashed_slowly(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_whose_grace_is_over_costs_nobody_a_hash(
    name: str, imported: Robot, endpoint: Endpoint
) -> None:
    ImportedSecret.objects.update(expires_at=timezone.now())
    count = hashed()
    with queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401
    assert count() == 0


def test_a_login_with_a_token_hashes_nothing_slowly(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.imported_secret(cast.reader, SECRET)
    count = hashed()
    with queries(1):
        response = endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret))
    assert response.status_code == 200
    assert count() == 0


def test_many_imported_secrets_do_not_add_a_query_or_a_hash(
    imported: Robot, endpoint: Endpoint
) -> None:
    robots = Robot.objects.bulk_create(
        Robot(namespace=imported.namespace, name=f"r{n:03}") for n in range(300)
    )
    ImportedSecret.objects.bulk_create(
        ImportedSecret(robot=robot, salt="ab", digest="0" * 32) for robot in robots
    )
    count = hashed()
    with queries(2):
        response = endpoint.get(WEB, login=basic("acme+r200", "WRONG"))
    assert response.status_code == 401
    assert count() == 1
