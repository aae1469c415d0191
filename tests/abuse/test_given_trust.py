"""A trust that exists already: its issuer's key is given, and no API is needed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from abuse.cases import assertions, issuers, trusts
from abuse.issuer import OwnIssuer, listening
from abuse.needs import Exchange, Issuer
from abuse.options import Options
from abuse.tokens import Pen
from abuse.verdict import Outcome
from tests.abuse.attacks import attacked, ended, told
from tests.abuse.stub.server import Stub, serving

CASES = (*assertions.CASES, *issuers.CASES, *trusts.CASES)
WITHOUT_WRITING = {c.number for c in assertions.CASES} | {"S-20", "S-21"}
SUBJECT, AUDIENCE = "repo:acme/app:x", "https://quay.example"


@pytest.fixture
def issuer() -> Iterator[OwnIssuer]:
    with listening(Issuer()) as issuer:
        yield issuer


def given(
    stub: Stub, issuer: OwnIssuer, folder: Path, *, single_use: bool = False
) -> Stub:
    """The stub with a trust of acme+ci, and needs that have its issuer's key."""
    pen = Pen.new()
    url = issuer.open("given", pen)
    trust = {
        "issuer": url,
        "subject": SUBJECT,
        "audiences": [AUDIENCE],
        "single_use": single_use,
    }
    stub.world.robots["acme+ci"].trusts = [trust]
    file = folder / "key.pem"
    pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pen.key.private_bytes(*pem))
    exchange = Exchange(
        f"{stub.url}/exchange", "quay", "acme+ci", url, SUBJECT, AUDIENCE,
        str(file), pen.kid, single_use=single_use,
    )  # fmt: skip
    needs = replace(stub.needs, exchange=exchange, api=None, issuer=None)
    return replace(stub, needs=needs)


def test_what_needs_no_trust_of_its_own_is_told(
    issuer: OwnIssuer, tmp_path: Path
) -> None:
    with serving() as stub:
        ready = given(stub, issuer, tmp_path, single_use=True)
        report = attacked(ready, CASES, Options())
    assert told(report, Outcome.FAIL) == []
    assert ended(report, Outcome.PASS) == WITHOUT_WRITING


def test_a_trust_that_is_not_single_use_is_not_held_to_it(
    issuer: OwnIssuer, tmp_path: Path
) -> None:
    with serving() as stub:
        report = attacked(given(stub, issuer, tmp_path), trusts.CASES, Options())
    assert ended(report, Outcome.PASS) == {"S-20"}


def test_a_key_that_the_service_does_not_know_proves_nothing(
    issuer: OwnIssuer, tmp_path: Path
) -> None:
    with serving() as stub:
        ready = given(stub, issuer, tmp_path)
        stub.world.robots["acme+ci"].trusts = []
        report = attacked(ready, assertions.CASES, Options())
    assert ended(report, Outcome.NOT_APPLICABLE) == {
        case.number for case in assertions.CASES
    }
    reasons = {result.verdict.reason for result in report.results}
    assert any("a good token is refused" in reason for reason in reasons)


def test_a_flaw_is_found_with_it(issuer: OwnIssuer, tmp_path: Path) -> None:
    with serving("takes alg none") as stub:
        report = attacked(given(stub, issuer, tmp_path), assertions.CASES, Options())
    assert ended(report, Outcome.FAIL) == {"S-12"}
