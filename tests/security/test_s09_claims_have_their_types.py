"""S-09: a claim of another JSON type than the standard's is refused, and named.

A trust may also look at claims that no standard knows. Whatever these are, the
answer is yes or no.
"""

from typing import Any

import pytest

from federation.conditions import Condition, Operator
from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.forgery import claiming
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import Signer
from tests.security.turned_away import assert_turned_away

ODD: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "zero": 0,
    "40 digits": 10**40 - 1,
    "fraction": 1e300,
    "empty list": [],
    "list": ["main"],
    "nested list": [["main"]],
    "object": {"main": "main"},
    "empty text": "",
    "text with a line break": "main\n",
    "text of right to left": "\u202eniam",
}


@pytest.mark.parametrize("row", of_cases("S-09"), ids=str)
def test_s09_the_event_names_the_claim_that_is_wrong(
    row: Hostile, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(audiences=row.audiences)
    assert_turned_away(row, exchange, signer)


@pytest.mark.parametrize("operator", list(Operator))
@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_s09_a_condition_on_an_odd_claim_does_not_hold(
    value: Any,
    operator: Operator,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(conditions=(Condition("ref", operator, ("main",)),))
    token = claiming(ref=value)(signer)
    assert exchange.get(token).status_code == 401
    assert exchange.post(token).status_code == 400
    assert minted() == 0
