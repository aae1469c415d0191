"""A key that is not known, and issuers that are not asked for any."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django.fixtures import Settings

from federation import jwks
from federation.errors import Code, Unavailable
from tests.federation.issuer import KEYS, Answer, FakeIssuer
from tests.federation.kept_keys.asking import COOLDOWN, is_good, key, refusal
from tests.federation.surroundings import Clock


def test_a_rotated_key_is_found_after_the_cool_down(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    assert is_good(issuer)
    assert issuer.fetches[KEYS] == 2


def test_many_with_a_rotated_key_are_all_let_in(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(is_good, issuer) for _ in range(20)]
        threading.Timer(0.2, released.set).start()
        assert all(one.result() for one in asked)
    assert issuer.fetches[KEYS] == 2


def test_an_unknown_key_says_so_to_administrators_only(issuer: FakeIssuer) -> None:
    refused = refusal(issuer, "stranger\x00" + "x" * 1000)
    assert (refused.code, refused.check, refused.claim) == (
        Code.INVALID_GRANT,
        "keys",
        "kid",
    )
    assert refused.expected == ["key-1"]
    assert refused.actual.startswith("stranger?x")
    assert len(refused.actual) < 300
    assert refused.message == "Token does not match robot"


def test_an_issuer_that_the_operator_does_not_name_is_not_asked(
    issuer: FakeIssuer, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://issuer.example", f"{issuer.url}/"]
    assert refusal(issuer).check == "issuer"
    assert issuer.connections == 0
    settings.FEDERATION_ISSUERS = [issuer.url]
    assert is_good(issuer)


def test_keys_that_are_kept_do_not_serve_an_issuer_that_was_struck_off(
    issuer: FakeIssuer, settings: Settings
) -> None:
    key(issuer)
    settings.FEDERATION_ISSUERS = ["https://issuer.example"]
    assert refusal(issuer).check == "issuer"


def test_each_issuer_has_its_own_keys(issuer: FakeIssuer) -> None:
    with FakeIssuer() as other:
        other.signer.rotate()
        assert is_good(issuer)
        assert is_good(other)
        assert refusal(issuer, other.signer.kid).check == "keys"
        assert refusal(other, issuer.signer.kid).check == "keys"


def test_an_issuer_that_no_url_could_be_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        jwks.signing_key("https://issuer.example/\ud800", "k")
