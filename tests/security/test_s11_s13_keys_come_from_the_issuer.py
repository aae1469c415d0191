"""S-11 to S-13: which key and algorithm verify is for the issuer's keys to say."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder
from tests.federation.forgery import (
    attacker_certificate,
    by_algorithm,
    by_attacker,
    by_public_key,
    headed,
    pem,
)
from tests.federation.hostile import Hostile, of_cases
from tests.federation.signer import Signer
from tests.security.turned_away import assert_turned_away


@pytest.mark.parametrize("row", of_cases("S-11", "S-12", "S-13"), ids=str)
def test_s11_s12_s13_a_token_does_not_choose_how_it_is_verified(
    row: Hostile, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting()
    assert_turned_away(row, exchange, signer)


@pytest.fixture
def attackers_host() -> Iterator[socket.socket]:
    """It listens; whoever connects is seen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize("parameter", ["jku", "x5u"])
def test_s11_no_address_in_a_token_is_ever_asked(
    parameter: str,
    attackers_host: socket.socket,
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting()
    url = f"http://127.0.0.1:{attackers_host.getsockname()[1]}/keys"
    for token in (by_attacker(**{parameter: url}), headed(**{parameter: url})):
        assert exchange.get(token(signer)).status_code == 401
    with pytest.raises(BlockingIOError):
        attackers_host.accept()
    assert minted() == 0


def test_s11_a_certificate_in_a_token_is_passed_over(
    trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    """Some issuers send theirs along; it neither helps nor harms."""
    trusting()
    header = {"x5c": [attacker_certificate()], "x5t": "c2hh"}
    assert exchange.get(by_attacker(**header)(signer)).status_code == 401
    assert minted() == 0
    assert exchange.get(headed(**header)(signer)).status_code == 200


def _keys(signer: Signer, **changes: Any) -> str:
    jwk = {k: v for k, v in (signer.jwk() | changes).items() if v is not None}
    return json.dumps({"keys": [jwk]})


@pytest.mark.parametrize(
    ("named", "passing"),
    [
        (None, {"RS256", "RS512", "PS256"}),
        ("RS256", {"RS256"}),
        ("PS256", {"PS256"}),
    ],
    ids=["no algorithm", "RS256", "PS256"],
)
def test_s13_a_key_that_names_its_algorithm_verifies_no_other(
    named: str | None,
    passing: set[str],
    trusting: TrustBuilder,
    signer: Signer,
    exchange: Exchange,
) -> None:
    trusting(keys=_keys(signer, alg=named))
    passed = {
        algorithm
        for algorithm in ("RS256", "RS512", "PS256")
        if exchange.get(by_algorithm(algorithm)(signer)).status_code == 200
    }
    assert passed == passing
    assert minted() == len(passing)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "none"])
def test_s12_a_public_key_is_no_secret_also_where_it_names_no_algorithm(
    algorithm: str, trusting: TrustBuilder, signer: Signer, exchange: Exchange
) -> None:
    trusting(keys=_keys(signer, alg=None))
    forged = by_public_key(pem, algorithm)(signer)
    assert exchange.get(forged).status_code == 401
    assert minted() == 0
