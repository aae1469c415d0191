"""Our own fields of trusts, in lists that are sent back."""

import json
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from robots.models import RobotToken, TokenOrigin
from tests.api.local import LocalUser
from tests.api.trust_lists import (
    APP,
    CI,
    PLAIN,
    TWICE,
    WEB,
    assert_refused,
    condition,
    stored,
)
from tests.conftest import Cast
from tests.federation.signer import Signer
from tests.federation.written_trusts import token_of

pytestmark = pytest.mark.django_db


FULL = {
    **PLAIN,
    "name": "builds",
    "subject": "project:acme/*",
    "subject_match": "glob",
    "ignore_case": True,
    "conditions": [
        {
            "claim": "/job/env",
            "operator": "one_of",
            "values": ["prod", 1, True],
            "ignore_case": False,
        }
    ],
    "max_age": 300,
    "single_use": True,
    "keys": Signer().jwks(),
    "enabled": False,
    "expires_at": "2090-01-31T12:00:00.000001Z",
}


def test_our_fields_are_stored_and_shown_where_they_say_something(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    assert alice.post(CI, [FULL, APP]).json == [FULL, APP]
    assert alice.get(CI).json == [FULL, APP]
    usual = {
        "name": "",
        "subject_match": "exact",
        "ignore_case": False,
        "conditions": [],
        "max_age": None,
        "single_use": False,
        "keys": "",
        "enabled": True,
        "expires_at": None,
    }
    assert alice.post(CI, [{**APP, **usual}]).json == [APP]


def test_a_key_set_may_be_an_object(cast: Cast, local_user: LocalUser) -> None:
    keys = json.loads(Signer().jwks())
    shown = local_user(cast.alice).post(CI, [dict(APP, keys=keys)]).json
    assert json.loads(shown[0]["keys"]) == keys


def test_a_pair_may_be_there_twice_for_other_claims_but_not_for_other_audiences(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    pushes = dict(APP, conditions=[condition("event", "push")])
    tags = dict(APP, conditions=[condition("event", "tag")])
    assert alice.post(CI, [APP, pushes, tags]).json == [APP, pushes, tags]
    for twin in (dict(tags, audiences=["x"]), dict(tags, name="x", max_age=5)):
        assert_refused(alice.post(CI, [pushes, tags, twin]), TWICE)
    case = [dict(APP, ignore_case=True), dict(APP, ignore_case=True, subject="REPO:")]
    case[1]["subject"] = APP["subject"].upper()
    assert_refused(alice.post(CI, case), TWICE)


def test_whom_a_trust_lets_in_too_widely_is_refused(
    cast: Cast, local_user: LocalUser
) -> None:
    answer = local_user(cast.alice).post(CI, [dict(APP, subject="*")])
    assert answer.status == 400
    assert answer.json["detail"].startswith("subject: ")
    assert stored() == []


def test_a_trust_that_has_ended_stays_in_a_list_that_is_sent_back(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    ended = dict(APP, expires_at="2020-01-01T00:00:00Z")
    assert alice.post(CI, [ended]).json == [ended]
    assert alice.post(CI, alice.get(CI).json).json == [ended]


def test_the_list_ends_the_tokens_of_trusts_that_are_not_in_it(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [APP, WEB])
    tokens = [token_of(trust) for trust in cast.ci.trusts.all()]
    alice.post(CI, [WEB])
    left = RobotToken.objects.filter(origin=TokenOrigin.FEDERATED)
    assert [token.pk for token in left] == [tokens[1].pk]
    alice.delete(CI)
    assert not left.all().exists()


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00*"),
    min_size=1,
    max_size=12,
)
CONDITIONS = st.builds(
    lambda claim, values, ignore_case: {
        "claim": f"c{claim}",
        "operator": "one_of",
        "values": values,
        "ignore_case": ignore_case,
    },
    TEXTS,
    st.lists(TEXTS | st.integers(-5, 5) | st.booleans(), min_size=1, max_size=3),
    st.booleans(),
)
MOMENTS = st.datetimes(timezones=st.timezones())
TRUSTS = st.fixed_dictionaries(
    {"issuer": TEXTS.map("https://{}".format), "subject": TEXTS},
    optional={
        "audiences": st.lists(TEXTS, max_size=3),
        "name": st.just("") | TEXTS,
        "ignore_case": st.booleans(),
        "conditions": st.lists(CONDITIONS, max_size=3),
        "max_age": st.none() | st.integers(1, 86400),
        "single_use": st.booleans(),
        "enabled": st.booleans(),
        "expires_at": st.none() | MOMENTS.map(str),
    },
)


@given(
    trusts=st.lists(
        TRUSTS, max_size=4, unique_by=lambda trust: (trust["issuer"], trust["subject"])
    )
)
@hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_get_answers_post_accepts_unchanged_and_by_two_fields(
    trusts: list[dict[str, Any]], cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    alice.delete(CI)
    made = alice.post(CI, trusts)
    assume(made.status == 200)
    keys = list(cast.ci.trusts.values_list("pk", flat=True))
    shown = alice.get(CI).json
    assert (made.json, len(shown)) == (shown, len(trusts))
    known = [{**two_fields(trust), "isExpanded": True} for trust in shown]
    for sent in (shown, known, [*reversed(known)], shown):
        assert alice.post(CI, sent).json == alice.get(CI).json
    assert alice.get(CI).json == shown
    assert list(cast.ci.trusts.values_list("pk", flat=True)) == keys


def two_fields(trust: dict[str, Any]) -> dict[str, Any]:
    return {name: trust[name] for name in ("issuer", "subject")}
