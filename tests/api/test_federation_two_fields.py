"""Lists of trusts from clients that know Quay's two fields and no others."""

import json
import time
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from federation import key_cache
from federation.models import Trust
from robots.models import AuditEvent
from tests.api.local import LocalClient
from tests.api.single_trusts import USUAL
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import exchange, signer
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT, Signer

__all__ = ["exchange", "signer"]

pytestmark = pytest.mark.django_db

CI = "/api/v1/organization/acme/robots/ci/federation"
APP = {"issuer": ISSUER, "subject": SUBJECT}
WEB = {"issuer": ISSUER, "subject": "repo:acme/web"}
UNUSUAL: dict[str, Any] = {
    "name": "builds",
    "subject_match": "glob",
    "ignore_case": True,
    "audiences": [AUDIENCE],
    "conditions": [
        {
            "claim": "repository_id",
            "operator": "equals",
            "values": ["2002"],
            "ignore_case": False,
        }
    ],
    "max_age": 300,
    "single_use": True,
    "keys": Signer().jwks(),
    "enabled": False,
    "expires_at": "2090-01-31T12:00:00Z",
}


def saved(alice: LocalClient, *trusts: dict[str, Any]) -> list[dict[str, Any]]:
    """The list after it was replaced, which is what the answer said."""
    answer = alice.post(CI, list(trusts))
    assert answer.status == 200, answer.text
    shown: list[dict[str, Any]] = alice.get(CI).json
    assert answer.json == shown
    return shown


def test_s06_a_page_that_drops_our_fields_opens_the_robot_to_nobody(
    alice: LocalClient, signer: Signer, exchange: Exchange
) -> None:
    """The subject is a stranger's too: a name that was given up and taken again."""
    held = {**APP, **UNUSUAL, "enabled": True, "subject_match": "exact", "keys": ""}
    published = {"issuer": ISSUER, "fetched_at": time.time(), "keys": signer.jwks()}
    key_cache.keep(ISSUER, json.dumps(published))
    stranger: dict[str, Any] = {"aud": AUDIENCE, "repository_id": "6666"}
    owner = {**stranger, "repository_id": "2002"}
    saved(alice, held)
    row = Trust.objects.get().pk
    saved(alice, {**APP, "isExpanded": True}, WEB)
    assert exchange.get(signer.token(**stranger)).status_code == 401
    assert exchange.get(signer.token(**owner)).status_code == 200
    assert Trust.objects.first() == Trust(pk=row)


def test_a_pair_stands_for_no_trust_that_brings_its_own_keys(
    alice: LocalClient, signer: Signer, exchange: Exchange
) -> None:
    """Whoever planted keys in a trust must not have them kept by an honest list."""
    [held] = saved(alice, {**APP, "keys": UNUSUAL["keys"]})
    refused = alice.post(CI, [WEB, APP])
    assert refused.status == 400
    assert "brings its own keys" in refused.json["detail"]
    assert alice.get(CI).json == [held]
    assert saved(alice, held) == [held], "what GET shows is taken as it is"
    assert saved(alice, {**APP, "keys": ""}) == [APP]
    assert exchange.get(signer.token()).status_code == 401


def test_a_list_that_changes_nothing_needs_to_pass_no_newer_rule(
    alice: LocalClient, settings: Settings
) -> None:
    held = saved(alice, {**APP, "keys": UNUSUAL["keys"]})
    settings.FEDERATION_TRUST_KEYS = False
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    assert saved(alice, *held) == held
    wide = alice.post(CI, [*held, WEB])
    assert wide.status == 400, "the new one has to"
    assert saved(alice, *held, {**WEB, "audiences": [AUDIENCE]})[0] == held[0]


@pytest.mark.parametrize("field", [name for name in UNUSUAL if name != "keys"])
def test_what_a_trust_says_stays_if_two_fields_are_sent_and_goes_if_it_is_named(
    field: str, alice: LocalClient
) -> None:
    held = {**APP, field: UNUSUAL[field]}
    assert saved(alice, held) == [held]
    assert saved(alice, WEB, APP) == [WEB, held]
    assert saved(alice, APP) == [held]
    assert saved(alice, {**APP, field: USUAL[field]}) == [APP]


def test_any_field_of_ours_makes_an_item_be_taken_as_it_is(alice: LocalClient) -> None:
    saved(alice, {**APP, "audiences": [AUDIENCE], "max_age": 60})
    assert saved(alice, {**APP, "name": "x"}) == [{**APP, "name": "x"}]
    saved(alice, {**APP, "audiences": [AUDIENCE], "max_age": 60})
    assert saved(alice, {**APP, "single_use": False}) == [APP]


def test_another_subject_or_issuer_is_a_trust_that_says_no_more(
    alice: LocalClient,
) -> None:
    saved(alice, {**APP, **UNUSUAL})
    others = [{**APP, "issuer": f"{ISSUER}/"}, {**APP, "subject": SUBJECT.upper()}]
    assert saved(alice, *others) == others


def test_a_pair_of_several_trusts_is_refused_unless_one_says_no_more(
    alice: LocalClient,
) -> None:
    case, keys = ({**APP, name: UNUSUAL[name]} for name in ("ignore_case", "keys"))
    held = saved(alice, case, keys)
    refused = alice.post(CI, [WEB, APP])
    assert refused.status == 400
    assert refused.json["detail"] == (
        f"2 trusts have the issuer '{ISSUER}' and the subject '{SUBJECT}':"
        " say which by its other fields"
    )
    twice = alice.post(CI, [APP, APP])
    assert twice.json["detail"] == "Duplicate federation config entry"
    assert alice.get(CI).json == held
    plain = {**APP, "conditions": []}
    assert saved(alice, case, plain, keys) == [case, APP, keys]
    assert saved(alice, case, APP, keys) == [case, APP, keys], "as GET shows them"


def test_a_pair_beside_its_own_trust_is_there_twice(alice: LocalClient) -> None:
    held = {**APP, "conditions": UNUSUAL["conditions"]}
    saved(alice, held)
    refused = alice.post(CI, [APP, held])
    assert refused.json["detail"] == "Duplicate federation config entry"
    assert alice.get(CI).json == [held]


def test_trusts_of_other_robots_are_not_looked_at(alice: LocalClient) -> None:
    alice.post(CI.replace("/ci/", "/reader/"), [{**APP, **UNUSUAL}])
    assert saved(alice, APP) == [APP]


def test_what_the_audit_keeps_is_what_was_stored(alice: LocalClient) -> None:
    held = {**APP, "audiences": [AUDIENCE], "max_age": 60}
    saved(alice, held)
    saved(alice, APP, WEB)
    event = AuditEvent.objects.filter(kind="create_robot_federation").latest("id")
    assert event.facts["config"] == [held, WEB]


def test_s06_where_the_site_asks_for_audiences_a_trust_that_has_them_is_kept(
    alice: LocalClient, settings: Any
) -> None:
    held = {**APP, "audiences": [AUDIENCE]}
    saved(alice, held)
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    assert saved(alice, APP) == [held]
    refused = alice.post(CI, [APP, WEB])
    text = "audiences: this site asks for at least one"
    assert (refused.status, refused.json["detail"]) == (400, text)
