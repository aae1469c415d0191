"""Which tokens end with a change of their trust, and which outlive it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from federation.entries import SubjectMatch
from federation.lifecycle import (
    add_trust,
    add_trusts,
    change_trust,
    clear_trusts,
    remove_trust,
    revise_trust,
    set_trust_enabled,
    set_trusts,
)
from federation.models import Trust
from robots.models import RobotToken, TokenOrigin
from tests.conftest import Cast
from tests.federation.signer import Signer
from tests.federation.written_trusts import APP, BY, RUN, WEB, lives, token_of

pytestmark = pytest.mark.django_db


def revising(name: str, value: Any) -> Callable[[Trust], object]:
    return lambda trust: revise_trust(trust, BY, **{name: value})


ENDS_TOKENS: dict[str, Callable[[Trust], object]] = {
    "removed": lambda trust: remove_trust(trust, BY),
    "disabled": lambda trust: set_trust_enabled(trust, False, BY),
    "cleared": lambda trust: clear_trusts(trust.robot, BY),
    "replaced": lambda trust: set_trusts(trust.robot, [APP], BY),
    "other keys in the list": lambda trust: set_trusts(
        trust.robot, [replace(WEB, keys=Signer(algorithm="ES256").jwks()), APP], BY
    ),
    **{
        f"another {name}": revising(name, value)
        for name, value in {
            "issuer": "https://other.example",
            "subject": "repo:acme/w",
            "subject_match": SubjectMatch.GLOB,
            "ignore_case": True,
            "audiences": (),
            "conditions": (RUN,),
            "max_age": 60,
            "single_use": True,
            "keys": Signer().jwks(),
        }.items()
    },
}


@pytest.mark.parametrize("deed", ENDS_TOKENS.values(), ids=ENDS_TOKENS)
def test_tokens_end_with_what_let_them_in(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust, other = add_trusts(cast.ci, [WEB, APP], BY)
    elsewhere = add_trust(cast.reader, WEB, BY)
    token, kept = token_of(trust), token_of(elsewhere)
    static = cast.ci.tokens.get(origin=TokenOrigin.STATIC)
    deed(trust)
    assert not lives(token)
    assert lives(kept) and lives(static), "only those of that trust"
    assert other.tokens.count() == 0


KEEPS_TOKENS: dict[str, Callable[[Trust], object]] = {
    "renamed": lambda trust: revise_trust(trust, BY, name="other"),
    "as it was": lambda trust: change_trust(trust, WEB, BY),
    "enabled": lambda trust: set_trust_enabled(trust, True, BY),
    "moved": lambda trust: set_trusts(trust.robot, [APP, WEB], BY),
    "another one removed": lambda trust: remove_trust(
        Trust.objects.get(subject=APP.subject), BY
    ),
    "a later end": lambda trust: revise_trust(
        trust, BY, expires_at=timezone.now() + timedelta(hours=9)
    ),
}


@pytest.mark.parametrize("deed", KEEPS_TOKENS.values(), ids=KEEPS_TOKENS)
def test_tokens_outlive_what_does_not_concern_them(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust, _ = add_trusts(cast.ci, [WEB, APP], BY)
    token = token_of(trust)
    deed(trust)
    assert RobotToken.objects.get(pk=token.pk).expires_at == token.expires_at


def test_tokens_never_outlive_the_end_of_their_trust(cast: Cast) -> None:
    trust = add_trust(cast.ci, WEB, BY)
    long, short = token_of(trust, 60), token_of(trust, 5)
    end = timezone.now() + timedelta(minutes=30)
    revise_trust(trust, BY, expires_at=end)
    long_end = RobotToken.objects.get(pk=long.pk).expires_at
    short_end = RobotToken.objects.get(pk=short.pk).expires_at
    assert (long_end, short_end) == (end, short.expires_at)
