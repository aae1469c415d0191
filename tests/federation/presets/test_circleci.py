"""CircleCI, by the claims of "Using OpenID Connect tokens in jobs".

https://circleci.com/docs/openid-connect-tokens/
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import (
    ID,
    LET_IN,
    OTHER_ID,
    SITE,
    failing,
    filled,
)

USER = "cb32986e-2f6f-4f43-b2bd-d3c2fd98e903"
CLAIM = "oidc.circleci.com"
PROJECT = f"org/{ID}/project/{OTHER_ID}/user/{USER}"
ORIGIN = "github.com/acme/app"
VALUES: dict[str, Any] = {
    "organization_id": ID,
    "project_id": OTHER_ID,
    "vcs_origin": ORIGIN,
    "branch": "main",
}
V1: dict[str, Any] = {
    "iss": f"https://oidc.circleci.com/org/{ID}",
    "sub": PROJECT,
    "aud": ID,
    f"{CLAIM}/project-id": OTHER_ID,
    f"{CLAIM}/vcs-origin": ORIGIN,
    f"{CLAIM}/vcs-ref": "refs/heads/main",
    f"{CLAIM}/context-ids": ["a74579f1-2e7d-451e-b009-5c082ad2729e"],
    f"{CLAIM}/ssh-rerun": False,
    f"{CLAIM}/org-id": ID,
    f"{CLAIM}/pipeline-id": "0184990a-477b-4fa8-9968-496074483c02",
    f"{CLAIM}/job-id": "0184990a-477b-4fa8-9968-496074483c00",
    f"{CLAIM}/workflow-id": "0184990a-477b-4fa8-9968-496074483c01",
    "jti": None,
}
V2 = V1 | {"sub": f"{PROJECT}/vcs-origin/{ORIGIN}/vcs-ref/refs/heads/main"}
BOTH = pytest.mark.parametrize("claims", [V1, V2], ids=["v1", "v2"])


@BOTH
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"aud": [ID]}, id="audience in a list"),
        pytest.param({f"{CLAIM}/vcs-origin": "github.com/Acme/App"}, id="case"),
    ],
)
def test_jobs_of_the_branch_are_let_in(
    claims: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert failing(filled("circleci", VALUES), claims | changes) == LET_IN


@BOTH
@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": f"https://oidc.circleci.com/org/{USER}"}, "iss", id="org"),
        pytest.param({"iss": "https://oidc.circleci.com"}, "iss", id="root issuer"),
        pytest.param({"aud": SITE}, "aud", id="audience"),
        pytest.param(
            {"sub": f"org/{ID}/project/{USER}/user/{USER}"}, "sub", id="project"
        ),
        pytest.param({"sub": f"org/{ID}/project/{OTHER_ID}"}, "sub", id="no user"),
        pytest.param({"sub": f"{PROJECT}/x"}, "sub", id="longer subject"),
        pytest.param(
            {f"{CLAIM}/project-id": USER}, f"{CLAIM}/project-id", id="said otherwise"
        ),
        pytest.param(
            {f"{CLAIM}/vcs-origin": "github.com/fork/app"},
            f"{CLAIM}/vcs-origin",
            id="fork",
        ),
        pytest.param(
            {f"{CLAIM}/vcs-origin": None}, f"{CLAIM}/vcs-origin", id="custom webhook"
        ),
        pytest.param(
            {f"{CLAIM}/vcs-ref": "refs/heads/Main"}, f"{CLAIM}/vcs-ref", id="branch"
        ),
        pytest.param(
            {f"{CLAIM}/vcs-ref": "refs/tags/main"}, f"{CLAIM}/vcs-ref", id="tag"
        ),
        pytest.param({f"{CLAIM}/ssh-rerun": True}, f"{CLAIM}/ssh-rerun", id="ssh"),
        pytest.param({f"{CLAIM}/ssh-rerun": None}, f"{CLAIM}/ssh-rerun", id="unsaid"),
    ],
)
def test_near_misses_are_refused(
    claims: dict[str, Any], changes: dict[str, Any], claim: str
) -> None:
    assert failing(filled("circleci", VALUES), claims | changes) == claim


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        pytest.param({"ssh_rerun": True}, {f"{CLAIM}/ssh-rerun": True}, id="ssh"),
        pytest.param({"audience": SITE}, {"aud": SITE}, id="audience"),
        pytest.param(
            {"branch": None, "tag": "v*", "wildcards": True},
            {f"{CLAIM}/vcs-ref": "refs/tags/v1"},
            id="tags",
        ),
        pytest.param(
            {"branch": None, "any_ref": True},
            {f"{CLAIM}/vcs-ref": "refs/heads/a/b"},
            id="any ref",
        ),
    ],
)
def test_what_can_be_chosen(values: dict[str, Any], changes: dict[str, Any]) -> None:
    assert failing(filled("circleci", VALUES, **values), V1 | changes) == LET_IN


@pytest.mark.parametrize(
    ("version", "lets_v1", "lets_v2"),
    [("v1", True, False), ("v2", False, True), ("both", True, True)],
)
def test_one_kind_of_token_can_be_chosen(
    version: str, lets_v1: bool, lets_v2: bool
) -> None:
    trusts = filled("circleci", VALUES, version=version)
    assert (failing(trusts, V1) == LET_IN) is lets_v1
    assert (failing(trusts, V2) == LET_IN) is lets_v2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"organization_id": "acme"}, "organization_id: must be a UUID"),
        ({"project_id": None}, "project_id: needed; must be a UUID"),
        ({"vcs_origin": None}, "vcs_origin: needed; must be a path"),
        ({"vcs_origin": "https://github.com/a/b"}, "vcs_origin: must be a path"),
        ({"vcs_origin": "github.com/acme/*"}, "vcs_origin: no `*`; must be a path"),
        ({"branch": None}, "branch: needed, or else tag, or any_ref"),
        ({"ssh_rerun": 1}, "ssh_rerun: must be true or false"),
        ({"version": "v3"}, "version: must be one of both, v1, v2"),
        ({"user_id": USER}, "user_id: not known; known are organization_id, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("circleci", VALUES, **changes)
    assert raised.value.message.startswith(message)
