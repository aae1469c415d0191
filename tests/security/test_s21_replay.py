"""S-21: a token of an issuer is used once, where its trust or the site says so."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from federation.models import Trust, UsedAssertion
from robots.credentials import Secret
from robots.lifecycle.robots import delete_robot
from tests import factories
from tests.api.client import Client as HttpClient
from tests.conftest import Cast
from tests.federation.exchanges import (
    GET_URL,
    NO_MATCH,
    ROBOT,
    Exchange,
    events,
    stored,
)
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import Signer
from tests.registryauth.endpoint import basic, body

REFUSED = "federated_robot_token_refused"
CLIENTS = 50


@pytest.fixture(params=["per trust", "by site setting"])
def single_use(
    request: pytest.FixtureRequest, trusting: TrustBuilder, settings: Settings
) -> Iterator[Trust]:
    settings.FEDERATION_SINGLE_USE = request.param == "by site setting"
    yield trusting(single_use=request.param == "per trust")


def test_s21_a_token_is_exchanged_once(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = signer.token()
    assert exchange.get(token).status_code == 200
    again = exchange.get(token)
    assert (again.status_code, body(again)) == (401, NO_MATCH)
    assert exchange.post(token).status_code == 400
    assert stored() == (1, 1)
    assert [event.facts["check"] for event in events(REFUSED)] == ["replay"] * 2


def test_s21_the_jti_counts_not_the_text(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    assert exchange.get(signer.token(jti="one")).status_code == 200
    assert exchange.get(signer.token(jti="one", run_id="2")).status_code == 401
    assert exchange.get(signer.token(jti="two")).status_code == 200
    assert stored() == (2, 2)


def test_s21_two_issuers_may_use_the_same_jti(
    single_use: Trust, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    other = Signer("https://other.example")
    trusting(issuer=other.issuer, keys=other.jwks(), single_use=True)
    assert exchange.get(signer.token(jti="one")).status_code == 200
    assert exchange.get(other.token(jti="one")).status_code == 200


def test_s21_without_a_jti_the_whole_token_counts(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = signer.token(jti=None)
    assert exchange.get(token).status_code == 200
    assert exchange.get(token).status_code == 401
    assert exchange.get(signer.token(jti=None, run_id="other")).status_code == 200


def test_s21_keys_that_a_trust_brings_use_up_no_jti_of_the_true_issuer(
    cast: Cast, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """Else an organization could burn the tokens of another one."""
    forger = Signer(algorithm="ES256")
    trusting(cast.reader, keys=forger.jwks(), single_use=True)
    trusting(single_use=True)
    assert exchange.get(forger.token(jti="one"), "acme+reader").status_code == 200
    assert exchange.get(signer.token(jti="one")).status_code == 200
    assert exchange.get(signer.token(jti="one")).status_code == 401


@pytest.mark.parametrize("jti", ["", 7, ["x"], {}, True], ids=repr)
def test_s21_a_jti_that_is_no_text_is_refused(
    jti: object, single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    assert exchange.get(signer.token(jti=jti)).status_code == 401
    assert stored() == (0, 0)


def test_s21_another_signature_is_no_other_token(
    trusting: TrustBuilder, exchange: Exchange
) -> None:
    """With ECDSA (r, n-s) is valid where (r, s) is: the signature must not count."""
    signer = Signer(algorithm="ES256")
    trusting(keys=signer.jwks(), single_use=True)
    claims = signer.claims(jti=None)
    first, second = (signer.token(**claims | {"jti": None}) for _ in range(2))
    assert first.reveal() != second.reveal(), "ECDSA signs anew each time"
    assert first.reveal().rpartition(".")[0] == second.reveal().rpartition(".")[0]
    assert exchange.get(first).status_code == 200
    assert exchange.get(second).status_code == 401


def test_s21_a_token_that_was_used_is_used_for_every_robot(
    cast: Cast, single_use: Trust, trusting: TrustBuilder, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    trusting(cast.reader, single_use=True)
    token = signer.token()
    assert exchange.get(token).status_code == 200
    assert exchange.get(token, "acme+reader").status_code == 401


def test_s21_it_is_kept_until_the_token_could_not_be_used_any_more(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = signer.token()
    exchange.get(token)
    used = UsedAssertion.objects.get()
    exp = signer.claims()["exp"]
    assert exp + 25 <= used.expires_at.timestamp() <= exp + 35
    assert token.reveal() not in (used.digest, used.source)


def test_s21_a_token_that_is_refused_is_not_used_up(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    token = signer.token()
    Trust.objects.update(enabled=False)
    assert exchange.get(token).status_code == 401
    Trust.objects.update(enabled=True)
    assert exchange.get(token).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="in the tests of SQLite all threads share one connection",
)
def test_s21_of_fifty_exchanges_at_once_one_gets_a_token(
    cast: Cast, signer: Signer, live_server: LiveServer
) -> None:
    entry_keys = signer.jwks()
    Trust(
        robot=cast.ci, issuer=signer.issuer, subject=signer.claims()["sub"],
        keys=entry_keys, single_use=True,
    ).save()  # fmt: skip
    login = basic(ROBOT, signer.token())
    barrier = Barrier(CLIENTS)

    def ask(_: int) -> int:
        barrier.wait()
        return HttpClient(live_server.url).get(GET_URL, Authorization=login).status

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert Counter(pool.map(ask, range(CLIENTS))) == {200: 1, 401: CLIENTS - 1}
    assert stored() == (1, 1)


def test_s21_the_secret_of_a_used_token_is_no_password(
    single_use: Trust, signer: Signer, exchange: Exchange
) -> None:
    """Used up by the exchange, it does not log in at the token endpoint either."""
    token = signer.token()
    exchange.get(token)
    response = exchange.client.get(
        "/v2/auth", headers={"Authorization": basic(ROBOT, Secret(token.reveal()))}
    )
    assert response.status_code == 401


def test_s21_a_used_token_stays_used_when_its_robot_is_gone(
    cast: Cast, single_use: Trust, trusting: TrustBuilder, signer: Signer,
    exchange: Exchange,
) -> None:  # fmt: skip
    trusting(cast.reader, single_use=True)
    token = signer.token()
    assert exchange.get(token).status_code == 200
    delete_robot(cast.ci, factories.BY)
    assert stored() == (0, 1)
    assert exchange.get(token, "acme+reader").status_code == 401
    again, _ = factories.robot(cast.acme, "ci")
    trusting(again, single_use=True)
    assert exchange.get(token).status_code == 401
