"""S-30: whatever asks for more than is understood is refused, and so is what is
a token for something else."""

import pytest

from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.forgery import MISSING, Make, claiming, headed
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import Signer
from tests.security.turned_away import assert_turned_away


@pytest.mark.parametrize("row", of_cases("S-30"), ids=str)
def test_s30_extensions_and_tokens_of_other_kinds_are_refused(
    row: Hostile, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting()
    assert_turned_away(row, exchange, signer)


@pytest.mark.parametrize(
    "make",
    [
        headed(typ=MISSING),
        headed(typ="at+jwt"),
        headed(typ="application/at+jwt"),
        claiming(typ="Bearer"),
        claiming(typ="ID"),
    ],
    ids=["no typ", "at+jwt", "application/at+jwt", "Bearer", "ID"],
)
def test_s30_tokens_to_log_in_with_pass(
    make: Make, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting()
    assert exchange.get(make(signer)).status_code == 200
    assert minted() == 1
