"""S-06, S-08: whom a token is for. Each audience of it must be one of the trust's.

With the site's settings as they come, and with those that make hard rules of S-06
and S-21; several audiences pass only if the trust names every one of them.
"""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.forgery import MISSING, claiming
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import AUDIENCE, Signer
from tests.security.turned_away import assert_turned_away

SECOND = "https://mirror.example"


@pytest.fixture(params=[False, True], ids=["as it comes", "strict"])
def strict(request: pytest.FixtureRequest, settings: Settings) -> bool:
    settings.FEDERATION_REQUIRE_AUDIENCE = request.param
    settings.FEDERATION_SINGLE_USE = request.param
    return bool(request.param)


@pytest.mark.parametrize("row", of_cases("S-06", "S-08"), ids=str)
def test_s08_audience_matrix(
    row: Hostile,
    strict: bool,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(audiences=row.audiences)
    assert_turned_away(row, exchange, signer)


@pytest.mark.parametrize(
    "aud",
    [AUDIENCE, [AUDIENCE], [AUDIENCE, SECOND], [SECOND], [AUDIENCE, AUDIENCE]],
    ids=str,
)
def test_s08_an_exact_member_passes(
    aud: Any,
    strict: bool,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(audiences=(AUDIENCE, SECOND))
    assert exchange.get(signer.token(aud=aud)).status_code == 200
    assert minted() == 1


@pytest.mark.parametrize(
    "aud",
    [AUDIENCE, [AUDIENCE], [], "", MISSING],
    ids=["text", "list", "empty list", "empty text", "missing"],
)
def test_s06_a_trust_without_audiences_means_any_unless_the_site_asks_for_one(
    aud: Any,
    strict: bool,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting()
    response = exchange.get(claiming(aud=aud)(signer))
    assert response.status_code == (401 if strict else 200)
    assert minted() == (0 if strict else 1)


def test_s06_the_audiences_of_one_trust_are_not_those_of_another(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(audiences=(AUDIENCE,))
    trusting(audiences=(SECOND,), subject="repo:acme/mirror")
    crossed = signer.token(sub="repo:acme/mirror", aud=AUDIENCE)
    assert exchange.get(crossed).status_code == 401
    assert minted() == 0
