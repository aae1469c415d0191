"""The operator's policy holds for every write of a trust."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.lifecycle import (
    add_trust,
    clear_trusts,
    plan_trusts,
    remove_trust,
    revise_trust,
    set_trust_enabled,
    set_trusts,
)
from federation.models import Trust
from tests.conftest import Cast
from tests.federation.written_trusts import APP, BY, FULL, WEB, said
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


POLICIES: dict[str, tuple[dict[str, Any], Entry, str]] = {
    "another issuer": (
        {"FEDERATION_ISSUERS": ["https://b.example", "https://a.example"]},
        APP,
        "issuer: not one that this site allows;"
        " allowed are https://a.example, https://b.example",
    ),
    "own keys": (
        {"FEDERATION_TRUST_KEYS": False},
        FULL,
        "keys: this site does not allow trusts to bring their own",
    ),
    "no audience": (
        {"FEDERATION_REQUIRE_AUDIENCE": True},
        APP,
        "audiences: this site asks for at least one",
    ),
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_operators_policy_holds_for_every_write(
    cast: Cast, settings: Settings, policy: tuple[dict[str, Any], Entry, str]
) -> None:
    values, entry, text = policy
    before = add_trust(cast.ci, entry, BY)
    for name, value in values.items():
        setattr(settings, name, value)
    for deed in (
        lambda: add_trust(cast.reader, entry, BY),
        lambda: plan_trusts(cast.reader, [entry], BY),
        lambda: set_trusts(cast.reader, [entry, WEB], BY),
        lambda: revise_trust(before, BY, name="new"),
    ):
        with unchanged(), pytest.raises(TrustInvalid) as refusal:
            deed()
        assert refusal.value.message == text


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_what_the_operator_does_not_allow_any_more_can_be_switched_off_but_not_on(
    cast: Cast, settings: Settings, policy: tuple[dict[str, Any], Entry, str]
) -> None:
    values, entry, text = policy
    trust = add_trust(cast.ci, entry, BY)
    for name, value in values.items():
        setattr(settings, name, value)
    set_trust_enabled(trust, False, BY)
    assert not Trust.objects.get().enabled
    with pytest.raises(TrustInvalid, match=text.split(":")[0]):
        set_trust_enabled(trust, True, BY)
    remove_trust(trust, BY)
    assert not Trust.objects.exists()


@pytest.mark.parametrize(
    "deed",
    [
        lambda trust: set_trust_enabled(trust, False, BY),
        lambda trust: remove_trust(trust, BY),
        lambda trust: revise_trust(trust, BY, keys=""),
        lambda trust: clear_trusts(trust.robot, BY),
    ],
    ids=["disabled", "removed", "mended", "cleared"],
)
def test_what_no_rule_allows_any_more_can_be_put_right(
    cast: Cast, deed: Callable[[Trust], object]
) -> None:
    trust = add_trust(cast.ci, APP, BY)
    Trust.objects.update(keys="once good")
    deed(trust)
    assert not Trust.objects.filter(enabled=True).exclude(keys="").exists()


def test_what_the_operator_asks_for_may_be_stored(
    cast: Cast, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = [APP.issuer]
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    add_trust(cast.ci, WEB, BY)
    assert said(cast.ci) == [WEB]
