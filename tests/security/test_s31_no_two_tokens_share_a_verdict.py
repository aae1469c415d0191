"""S-31: that a token was good says nothing of one that is nearly the same."""

import pytest

from robots.credentials import Secret
from robots.models import AuditEvent
from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import Endpoint, basic
from tests.security.turned_away import assert_turned_away

OTHER = "repo:acme/app:ref:refs/heads/mail"
"""As long as SUBJECT, and one letter off."""


@pytest.mark.parametrize("row", of_cases("S-31"), ids=str)
def test_s31_what_the_issuer_did_not_sign_is_refused(
    row: Hostile, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting()
    assert_turned_away(row, exchange, signer)


def _one_off(text: str, at: int) -> Secret:
    other = "B" if text[at] == "A" else "A"
    return Secret(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_s31_a_token_one_byte_off_one_that_was_just_let_in(
    part: int,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
    endpoint: Endpoint,
) -> None:
    trusting()
    text = signer.token().reveal()
    starts = [0, text.index(".") + 1, text.rindex(".") + 1]
    assert exchange.get(Secret(text)).status_code == 200
    assert endpoint.get(login=basic("acme+ci", Secret(text))).status_code == 200
    for at in (starts[part] + 8, starts[part] + 9, starts[part] + 21):
        nearly = _one_off(text, at)
        assert exchange.get(nearly).status_code == 401
        assert exchange.post(nearly).status_code == 400
        assert endpoint.get(login=basic("acme+ci", nearly)).status_code == 401
    assert minted() == 1


def test_s31_two_identities_in_turn_are_each_their_own(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """All else about both tokens is the same, so that a short key would mix them."""
    trusting(subject=SUBJECT)
    trusting(subject=OTHER)
    same = signer.claims()
    for subject in (SUBJECT, OTHER, SUBJECT, OTHER):
        token = signer.token(**{**same, "sub": subject})
        assert exchange.get(token).status_code == 200
    told = AuditEvent.objects.filter(kind="federated_robot_token_exchange")
    in_turn = [event.facts["subject"] for event in told.order_by("id")]
    assert in_turn == [SUBJECT, OTHER, SUBJECT, OTHER]
