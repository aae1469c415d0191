"""Kubernetes, by the claims of "Managing Service Accounts", section on bound tokens.

https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
"""

import json
from typing import Any

import pytest

from federation.errors import TrustInvalid
from federation.keys import parse_key_set
from tests.federation.presets.admitting import (
    ID,
    LET_IN,
    OTHER_ID,
    SITE,
    failing,
    filled,
)
from tests.federation.signer import Signer

ISSUER = "https://oidc.example.com/clusters/7"
INSIDE = "https://kubernetes.default.svc.cluster.local"
VALUES: dict[str, Any] = {
    "namespace": "ci-jobs",
    "service_account": "image-builder",
    "issuer": ISSUER,
}


def of_pod(uid: str = ID) -> dict[str, Any]:
    """The claim that holds all that is not in the standard ones."""
    return {
        "namespace": "ci-jobs",
        "node": {"name": "worker-1", "uid": OTHER_ID},
        "pod": {"name": "build-7c9f", "uid": OTHER_ID},
        "serviceaccount": {"name": "image-builder", "uid": uid},
        "warnafter": 1700003607,
    }


CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "system:serviceaccount:ci-jobs:image-builder",
    "aud": [SITE],
    "kubernetes.io": of_pod(),
}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="by name"),
        pytest.param({"service_account_uid": ID}, id="by uid"),
        pytest.param({"service_account_uid": ID.upper()}, id="by uid in upper case"),
    ],
)
def test_pods_of_the_service_account_are_let_in(values: dict[str, Any]) -> None:
    assert failing(filled("kubernetes", VALUES, **values), CLAIMS) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "https://kubernetes.default.svc"}, "iss", id="issuer"),
        pytest.param({"iss": f"{ISSUER}/"}, "iss", id="slash"),
        pytest.param({"aud": [ISSUER]}, "aud", id="the cluster's audience"),
        pytest.param({"aud": []}, "aud", id="no audience"),
        pytest.param(
            {"sub": "system:serviceaccount:ci-jobs:default"}, "sub", id="account"
        ),
        pytest.param(
            {"sub": "system:serviceaccount:default:image-builder"},
            "sub",
            id="namespace",
        ),
        pytest.param(
            {"sub": "system:serviceaccount:ci-jobs:image-builder2"},
            "sub",
            id="longer name",
        ),
        pytest.param({"sub": "system:node:worker-1"}, "sub", id="node of the cluster"),
        pytest.param(
            {"sub": "system:serviceaccount:ci-jobs:Image-Builder"}, "sub", id="case"
        ),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    assert failing(filled("kubernetes", VALUES), CLAIMS | changes) == claim


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(of_pod(OTHER_ID), id="made again"),
        pytest.param({"serviceaccount": ID}, id="of another kind"),
        pytest.param({"pod": {"uid": ID}}, id="missing"),
        pytest.param(None, id="not of a cluster"),
    ],
)
def test_s17_an_account_of_the_same_name_with_another_uid_is_refused(
    inside: Any,
) -> None:
    trusts = filled("kubernetes", VALUES, service_account_uid=ID)
    changed = CLAIMS | {"kubernetes.io": inside}
    assert failing(trusts, changed) == "/kubernetes.io/serviceaccount/uid"


def test_the_keys_of_a_cluster_that_cannot_be_reached_are_kept() -> None:
    signer = Signer(CLAIMS["iss"])
    (as_text,) = filled("kubernetes", VALUES, keys=signer.jwks())
    (as_json,) = filled("kubernetes", VALUES, keys=json.loads(signer.jwks()))
    assert parse_key_set(as_text.keys) == parse_key_set(signer.jwks())
    assert parse_key_set(as_json.keys) == parse_key_set(signer.jwks())


@pytest.mark.parametrize(
    "issuer",
    [
        None,
        INSIDE,
        "https://kubernetes.default.svc",
        "https://kubernetes.default.svc.corp.example:6443",
        "https://kubernetes",
    ],
)
def test_a_name_that_every_cluster_has_needs_the_keys_of_one(
    issuer: str | None,
) -> None:
    with pytest.raises(TrustInvalid, match=r"^keys: needed, .*jwks` prints"):
        filled("kubernetes", VALUES, issuer=issuer)
    keys = Signer(issuer or INSIDE).jwks()
    (trust,) = filled("kubernetes", VALUES, issuer=issuer, keys=keys)
    assert trust.keys == keys
    assert failing([trust], CLAIMS | {"iss": issuer or INSIDE}) == LET_IN


@pytest.mark.parametrize(
    "issuer",
    [
        "https://oidc.eks.example.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "https://oic.aks.example.com/tenant/cluster/",
        "https://10.0.0.1:6443",
    ],
)
def test_clusters_have_issuers_of_many_forms(issuer: str) -> None:
    trusts = filled("kubernetes", VALUES, issuer=issuer)
    assert failing(trusts, CLAIMS | {"iss": issuer}) == LET_IN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"namespace": "CI"}, "namespace: must be lower-case letters"),
        ({"namespace": "ci:x"}, "namespace: must be lower-case letters"),
        ({"namespace": "*"}, "namespace: no `*`; must be lower-case"),
        ({"namespace": "a" * 64}, "namespace: must be lower-case letters"),
        ({"service_account": None}, "service_account: needed; must be lower-case"),
        ({"service_account": "a" * 254}, "service_account: at most 253 characters"),
        ({"service_account_uid": "1"}, "service_account_uid: must be a UUID"),
        ({"issuer": "kubernetes/serviceaccount"}, "issuer: must be an https:// URL"),
        ({"keys": "{}"}, "keys: not a JWK set"),
        ({"keys": ["x"]}, "keys: must be a JWK set, as text or JSON object"),
        ({"keys": {"keys": []}}, "keys: none of its keys can verify a token"),
        ({"audience": "two *"}, "audience: no `*`; must be texts without blanks"),
        ({"sa": "x"}, "sa: not known; known are namespace, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("kubernetes", VALUES, **changes)
    assert raised.value.message.startswith(message)
