"""S-10: `iss` is one JSON string, and that of the trust byte for byte."""

import json

import pytest

from robots.models import AuditEvent
from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.forgery import claiming
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import ISSUER, Signer
from tests.security.turned_away import assert_turned_away

SLASHED = f"{ISSUER}/"


@pytest.mark.parametrize("row", of_cases("S-10"), ids=str)
def test_s10_a_token_of_another_issuer_or_of_several_is_refused(
    row: Hostile, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting()
    assert_turned_away(row, exchange, signer)


@pytest.mark.parametrize("spelling", [str([ISSUER]), json.dumps([ISSUER])])
def test_s10_a_list_is_not_the_text_that_it_prints_as(
    spelling: str, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(issuer=spelling)
    assert exchange.get(claiming(iss=[ISSUER])(signer)).status_code == 401
    assert minted() == 0


@pytest.mark.parametrize("issuer", [ISSUER, SLASHED])
def test_s10_issuers_that_differ_in_a_slash_are_two(
    issuer: str, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusts = {name: trusting(issuer=name) for name in (ISSUER, SLASHED)}
    assert exchange.get(signer.token(iss=issuer)).status_code == 200
    event = AuditEvent.objects.get(kind="federated_robot_token_exchange")
    assert event.facts["trust"] == trusts[issuer].pk


def test_s10_keys_of_one_issuer_vouch_for_no_other(
    trusting: TrustBuilder, exchange: Exchange
) -> None:
    """Both have a key of one name; each is that of its own trust."""
    ours, theirs = Signer(), Signer(issuer="https://other.example")
    theirs.rotate()
    theirs.kid = ours.kid
    trusting(keys=ours.jwks())
    trusting(issuer=theirs.issuer, keys=theirs.jwks())
    assert exchange.get(theirs.token(iss=ISSUER)).status_code == 401
    assert exchange.get(ours.token(iss=theirs.issuer)).status_code == 401
    assert minted() == 0
    assert exchange.get(theirs.token()).status_code == 200
    assert exchange.get(ours.token()).status_code == 200
