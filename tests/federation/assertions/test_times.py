"""When a token lives, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.assertions import EXPIRED, LATEST, LEEWAY, peek, verify
from federation.errors import Refused
from tests.federation import forgery
from tests.federation.assertions.verifying import (
    KEY,
    NOW,
    SECOND,
    SIGNER,
    at,
    refused,
    timed,
    verified,
)
from tests.federation.signer import SUBJECT

# Times


@pytest.mark.parametrize(
    ("exp", "lives"),
    [
        (NOW - LEEWAY, False),
        (NOW - LEEWAY - SECOND, False),
        (NOW - LEEWAY + SECOND, True),
        (NOW - LEEWAY + SECOND / 4, True),
        (NOW + SECOND, True),
    ],
)
def test_a_token_lives_until_a_leeway_after_its_end(exp: datetime, lives: bool) -> None:
    token = timed(iat=at(NOW - 3600 * SECOND), exp=at(exp))
    if lives:
        assert verified(token, now=NOW)["exp"] == at(exp)
    else:
        assert refused(token, NOW).message == EXPIRED


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(
    ("moment", "lives"),
    [
        (NOW + LEEWAY, True),
        (NOW + LEEWAY + SECOND, False),
        (NOW + LEEWAY + SECOND / 4, False),
        (NOW - SECOND, True),
    ],
)
def test_a_token_lives_from_a_leeway_before_its_begin(
    claim: str, moment: datetime, lives: bool
) -> None:
    times = {"iat": at(NOW), "exp": at(NOW + 600 * SECOND)} | {claim: at(moment)}
    if lives:
        assert verified(timed(**times), now=NOW)[claim] == at(moment)
    else:
        why = refused(timed(**times), NOW)
        assert (why.check, why.claim, why.actual) == ("time", claim, at(moment))


def test_a_leeway_is_half_a_minute() -> None:
    assert timedelta(seconds=30) == LEEWAY


def test_a_token_may_end_when_it_begins_but_not_before() -> None:
    assert verified(timed(iat=at(NOW), exp=at(NOW)), now=NOW)["exp"] == at(NOW)
    early = timed(iat=at(NOW), exp=at(NOW - SECOND))
    assert refused(early, NOW).check == "form"


def test_times_may_be_far_but_are_those_of_a_calendar() -> None:
    assert datetime(3000, 1, 1, tzinfo=UTC) == LATEST
    far = timed(iat=0, exp=at(LATEST) - 1)
    assert peek(far, NOW).expires_at == LATEST - SECOND
    assert refused(timed(iat=0, exp=at(LATEST)), NOW).check == "form"


def test_a_token_that_ends_between_two_looks_is_refused_at_the_second() -> None:
    token = timed(iat=at(NOW), exp=at(NOW + SECOND))
    peeked = peek(token, NOW)
    assert verify(peeked, KEY, NOW)["sub"] == SUBJECT
    with pytest.raises(Refused, match="in the past"):
        verify(peeked, KEY, NOW + LEEWAY + SECOND)


def test_an_expired_token_is_called_so_before_any_key_is_asked_for() -> None:
    token = forgery.by_attacker()(SIGNER)
    with pytest.raises(Refused) as caught:
        peek(token, datetime.now(UTC) + timedelta(hours=1))
    assert caught.value.message == EXPIRED
