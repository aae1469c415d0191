"""Robot tokens as secrets: their form, their digest, their sealed copy."""

import json
import logging
import re
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret

CANARY = "CANARY" * 10
OLD, NEW = "old key " * 5, "new key " * 5
DIGEST, OTHER_DIGEST = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def one_key(settings: Settings) -> None:
    settings.ROBOTS_SECRET_KEYS = OLD


def test_a_token_is_64_characters_of_a_to_z_and_0_to_9() -> None:
    for _ in range(200):
        assert re.fullmatch(r"[A-Z0-9]{64}", credentials.generate_token().reveal())


def test_no_two_tokens_are_the_same() -> None:
    tokens = {credentials.generate_token().reveal() for _ in range(500)}
    assert len(tokens) == 500


def test_every_character_occurs_at_every_place() -> None:
    """600 tokens: that one of 36 characters never stands first has odds of 2e-6."""
    tokens = [credentials.generate_token().reveal() for _ in range(600)]
    for place in (0, 31, 63):
        assert {token[place] for token in tokens} == set(credentials.TOKEN_ALPHABET)


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(str, id="str"),
        pytest.param(repr, id="repr"),
        pytest.param(lambda secret: f"{secret}", id="f-string"),
        pytest.param(lambda secret: f"{secret!r}", id="f-string-repr"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda secret: "%s %r" % (secret, secret), id="percent"),  # noqa: UP031
        pytest.param(lambda secret: str([secret]), id="in-a-list"),
        pytest.param(lambda secret: str({"token": secret}), id="in-a-dict"),
        pytest.param(lambda secret: str(ValueError(secret)), id="in-an-exception"),
    ],
)
def test_a_secret_prints_as_stars(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CANARY))
    assert "***" in shown
    assert CANARY not in shown


def test_a_secret_is_logged_as_stars(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("robots").debug("token %s %r", Secret(CANARY), Secret(CANARY))
    assert caplog.messages == ["token *** ***"]


def test_a_secret_has_no_place_in_json_or_as_a_key() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"token": Secret(CANARY)})
    with pytest.raises(TypeError, match="unhashable"):
        {Secret(CANARY): 1}  # noqa: B018


def test_only_reveal_shows_a_secret() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert not hasattr(Secret(CANARY), "__dict__")


def test_secrets_are_equal_by_their_whole_text() -> None:
    long = "x" * 100
    assert Secret(long) == Secret(long)
    # S-32: beyond the 72 bytes at which some password hashes stop reading.
    assert Secret(long + "a") != Secret(long + "b")
    assert Secret("") != Secret("a")
    assert Secret("a") != "a"


ODD = ["", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "ä", "🔑", "x" * 100_000]


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text)[:20])
def test_odd_text_is_digested_compared_and_sealed(text: str) -> None:
    secret = Secret(text)
    assert re.fullmatch(r"[0-9a-f]{64}", credentials.digest(secret))
    assert secret == Secret(text)
    assert secret != Secret(text + "x")
    assert credentials.unseal(credentials.seal(secret, DIGEST), DIGEST) == secret


def test_odd_texts_have_digests_of_their_own() -> None:
    assert len({credentials.digest(Secret(text)) for text in ODD}) == len(ODD)


def test_the_digest_is_stable_and_depends_on_the_key(settings: Settings) -> None:
    digest = credentials.digest(Secret(CANARY))
    assert credentials.digest(Secret(CANARY)) == digest
    assert CANARY not in digest
    settings.ROBOTS_SECRET_KEYS = NEW
    assert credentials.digest(Secret(CANARY)) != digest


def test_the_digest_tells_long_secrets_apart_at_their_end() -> None:
    long = "x" * 200
    assert credentials.digest(Secret(long + "a")) != credentials.digest(
        Secret(long + "b")
    )


def test_digests_under_older_keys_are_accepted(settings: Settings) -> None:
    old = credentials.digest(Secret(CANARY))
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    new = credentials.digest(Secret(CANARY))
    assert credentials.accepted_digests(Secret(CANARY)) == [new, old]
    settings.ROBOTS_SECRET_KEYS = NEW
    assert credentials.accepted_digests(Secret(CANARY)) == [new]


def test_a_sealed_copy_can_be_read_again() -> None:
    sealed = credentials.seal(Secret(CANARY), DIGEST)
    assert CANARY.encode() not in sealed
    opened = credentials.unseal(sealed, DIGEST)
    assert opened is not None
    assert opened.reveal() == CANARY


def test_two_sealed_copies_of_one_secret_differ() -> None:
    secret = Secret(CANARY)
    assert credentials.seal(secret, DIGEST) != credentials.seal(secret, DIGEST)


def test_a_sealed_copy_opens_for_its_own_row_only() -> None:
    mine = credentials.seal(Secret("MINE"), DIGEST)
    theirs = credentials.seal(Secret("THEIRS"), OTHER_DIGEST)
    assert credentials.unseal(theirs, DIGEST) is None
    assert credentials.unseal(mine, OTHER_DIGEST) is None


def test_every_changed_byte_is_noticed() -> None:
    sealed = credentials.seal(Secret(CANARY), DIGEST)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert credentials.unseal(bytes(changed), DIGEST) is None, place


@pytest.mark.parametrize("length", [0, 1, 7, 11, 12, 13, 27])
def test_what_is_too_short_does_not_open(length: int) -> None:
    sealed = credentials.seal(Secret(CANARY), DIGEST)
    assert credentials.unseal(sealed[:length], DIGEST) is None


def test_sealed_copies_under_older_keys_open(settings: Settings) -> None:
    sealed = credentials.seal(Secret(CANARY), DIGEST)
    settings.ROBOTS_SECRET_KEYS = f"{NEW},{OLD}"
    assert credentials.unseal(sealed, DIGEST) == Secret(CANARY)
    resealed = credentials.seal(Secret(CANARY), DIGEST)
    settings.ROBOTS_SECRET_KEYS = NEW
    assert credentials.unseal(sealed, DIGEST) is None
    assert credentials.unseal(resealed, DIGEST) == Secret(CANARY)
