"""What is kept of a job, from the claims of every provider and from hostile ones."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.provenance import CLAIMS, MAX_TEXT, provenance
from robots.text import is_storable
from tests.federation.presets import (
    test_buildkite,
    test_circleci,
    test_entra,
    test_github,
    test_gitlab,
    test_google,
    test_keycloak,
    test_kubernetes,
)
from tests.federation.presets.admitting import OTHER_ID, verified


@pytest.mark.parametrize(
    ("claims", "kept"),
    [
        pytest.param(
            test_github.CLAIMS,
            {
                "run_id": "15000000001",
                "run_attempt": "2",
                "workflow": "acme/app/.github/workflows/release.yml@refs/heads/main",
                "commit": "9f3182061f1e2cca4702c368cbc039b7dc9d4485",
                "ref": "refs/heads/main",
                "repository": "acme/app",
                "repository_id": "74",
                "event": "push",
                "actor": "octocat",
            },
            id="GitHub",
        ),
        pytest.param(
            test_gitlab.CLAIMS,
            {
                "pipeline": "574",
                "job": "302",
                "commit": "714a629c0b401fdce83e847fc9589983fc6f46bc",
                "ref": "refs/heads/main",
                "repository": "acme/team/app",
                "repository_id": "20",
                "environment": "production",
                "event": "push",
                "actor": "jane",
            },
            id="GitLab",
        ),
        pytest.param(
            test_kubernetes.CLAIMS,
            {
                "namespace": "ci-jobs",
                "pod": "build-7c9f",
                "node": "worker-1",
                "service_account": "image-builder",
            },
            id="Kubernetes",
        ),
        pytest.param(test_keycloak.CLAIMS, {"client": "orders-job"}, id="Keycloak"),
        pytest.param(test_entra.V1, {"client": test_entra.CLIENT}, id="Entra ID v1"),
        pytest.param(test_entra.V2, {"client": test_entra.CLIENT}, id="Entra ID v2"),
        pytest.param(test_google.CLAIMS, {"client": test_google.ACCOUNT}, id="Google"),
        pytest.param(
            test_buildkite.CLAIMS,
            {
                "build": "7",
                "pipeline": "app",
                "job": "0184990a-477b-4fa8-9968-496074483c00",
                "commit": test_buildkite.SHA,
                "ref": "main",
                "organization": "acme-inc",
                "event": "webhook",
            },
            id="Buildkite",
        ),
        pytest.param(
            test_circleci.V2,
            {
                "pipeline": "0184990a-477b-4fa8-9968-496074483c02",
                "job": "0184990a-477b-4fa8-9968-496074483c00",
                "workflow": "0184990a-477b-4fa8-9968-496074483c01",
                "ref": "refs/heads/main",
                "repository": "github.com/acme/app",
                "repository_id": OTHER_ID,
            },
            id="CircleCI",
        ),
        pytest.param({"iss": "https://issuer.example"}, {}, id="nothing said"),
    ],
)
def test_what_is_kept_of_a_token(claims: dict[str, Any], kept: dict[str, str]) -> None:
    assert provenance(verified(claims)) == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param("x", "x", id="text"),
        pytest.param(5, "5", id="number"),
        pytest.param(0, "0", id="zero"),
        pytest.param("a\nb\x00c\x1b[31m", "a?b?c?[31m", id="control characters"),
        pytest.param("a\u202eb", "a?b", id="direction turned"),
        pytest.param("\ud800", "?", id="half of a pair"),
        pytest.param("é" * 300, "é" * 255, id="long"),
        pytest.param("", None, id="empty"),
        pytest.param(True, None, id="boolean"),
        pytest.param(1.5, None, id="fraction"),
        pytest.param(2**63, None, id="large number"),
        pytest.param(10**5000, None, id="number too long to write"),
        pytest.param(None, None, id="null"),
        pytest.param(["x"], None, id="list"),
        pytest.param({"x": "y"}, None, id="object"),
    ],
)
def test_only_short_texts_and_whole_numbers_are_kept(
    value: Any, kept: str | None
) -> None:
    assert provenance({"run_id": value}).get("run_id") == kept


def test_a_claim_that_cannot_be_kept_leaves_the_next_one_to_count() -> None:
    assert provenance({"ref_path": ["x"], "ref": "main"}) == {"ref": "main"}


@pytest.mark.parametrize("inside", [None, "pod", ["pod"], {"pod": "x"}, {"pod": []}])
def test_a_cluster_that_says_something_else_says_nothing(inside: Any) -> None:
    assert provenance({"kubernetes.io": inside}) == {}


def test_the_id_of_the_token_and_who_it_is_for_are_not_kept() -> None:
    read = {path for paths in CLAIMS.values() for path in paths}
    assert read.isdisjoint({"jti", "uti", "sub", "aud", "email", "user_email"})


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
NAMES = sorted(
    {path for paths in CLAIMS.values() for path in paths} | {"kubernetes.io"}
)


@given(st.dictionaries(st.sampled_from(NAMES), HOSTILE))
def test_whatever_is_claimed_can_be_stored_and_shown(claims: dict[str, Any]) -> None:
    kept = provenance(claims)
    assert json.loads(json.dumps(kept)) == kept
    for text in kept.values():
        assert 0 < len(text) <= MAX_TEXT
        assert is_storable(text) and text.isprintable()
