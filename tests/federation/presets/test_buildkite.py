"""Buildkite, by the claims of "buildkite-agent oidc request-token".

https://buildkite.com/docs/agent/v3/cli-oidc; organization_id and pipeline_id are among
its optional claims.
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

SHA = "9f3182061f1e2cca4702c368cbc039b7dc9d4485"
PLACE = "organization:acme-inc:pipeline:app"
VALUES: dict[str, Any] = {
    "organization": "acme-inc",
    "organization_id": ID,
    "pipeline": "app",
    "pipeline_id": OTHER_ID,
    "branch": "main",
}
CLAIMS: dict[str, Any] = {
    "iss": "https://agent.buildkite.com",
    "sub": f"{PLACE}:ref:refs/heads/main:commit:{SHA}:step:build",
    "aud": SITE,
    "organization_slug": "acme-inc",
    "organization_id": ID,
    "pipeline_slug": "app",
    "pipeline_id": OTHER_ID,
    "build_number": 7,
    "build_branch": "main",
    "build_commit": SHA,
    "build_source": "webhook",
    "step_key": "build",
    "job_id": "0184990a-477b-4fa8-9968-496074483c00",
    "agent_id": "0184990a-4782-42b5-afc1-16715b10b800",
    "runner_environment": "self-hosted",
    "jti": None,
}


def at(ref: str, commit: str = SHA, step: str = "build") -> str:
    return f"{PLACE}:ref:{ref}:commit:{commit}:step:{step}"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="a step"),
        pytest.param({"sub": at("refs/heads/main", step="")}, id="without a key"),
        pytest.param({"sub": at("refs/heads/main", "HEAD")}, id="another commit"),
    ],
)
def test_jobs_of_the_branch_are_let_in(changes: dict[str, Any]) -> None:
    assert failing(filled("buildkite", VALUES), CLAIMS | changes) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "https://buildkite.com"}, "iss", id="issuer"),
        pytest.param({"aud": "https://buildkite.com/acme-inc"}, "aud", id="audience"),
        pytest.param(
            {"sub": CLAIMS["sub"].replace("acme-inc", "acme")}, "sub", id="organization"
        ),
        pytest.param(
            {"sub": CLAIMS["sub"].replace(":app:", ":app2:")}, "sub", id="pipeline"
        ),
        pytest.param(
            {"sub": at("refs/heads/dev"), "build_branch": "dev"}, "sub", id="branch"
        ),
        pytest.param(
            {"sub": at("refs/tags/main"), "build_tag": "main"}, "sub", id="tag"
        ),
        pytest.param({"sub": ID, "build_branch": "main"}, "sub", id="another form"),
        pytest.param(
            {
                "sub": at("refs/heads/main:commit:x:step:y"),
                "build_branch": "main:commit:x:step:y",
            },
            "sub",
            id="branch that ends the ref",
        ),
        pytest.param({"build_branch": "dev"}, "build_branch", id="said otherwise"),
        pytest.param({"build_branch": None}, "build_branch", id="not said"),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    assert failing(filled("buildkite", VALUES), CLAIMS | changes) == claim


@pytest.mark.parametrize("claim", ["organization_id", "pipeline_id"])
@pytest.mark.parametrize(
    "value", ["11111111-477b-4fa8-9968-496074483cee", None], ids=["another", "missing"]
)
def test_s17_the_same_slugs_with_other_ids_are_refused(
    claim: str, value: str | None
) -> None:
    assert failing(filled("buildkite", VALUES), CLAIMS | {claim: value}) == claim


@pytest.mark.parametrize(
    ("values", "ref", "changes", "claim"),
    [
        pytest.param(
            {"tag": "v1"}, "refs/tags/v1", {"build_tag": "v1"}, LET_IN, id="tag"
        ),
        pytest.param({"tag": "v1"}, "refs/tags/v1", {}, "build_tag", id="not tagged"),
        pytest.param(
            {"tag": "v*", "wildcards": True},
            "refs/tags/v2",
            {"build_tag": "v2"},
            LET_IN,
            id="tags",
        ),
        pytest.param(
            {"branch": "rel/*", "wildcards": True},
            "refs/heads/rel/1",
            {"build_branch": "rel/1"},
            LET_IN,
            id="branches",
        ),
        pytest.param({"any_ref": "true"}, "refs/heads/a/b", {}, LET_IN, id="any ref"),
    ],
)
def test_refs(
    values: dict[str, Any], ref: str, changes: dict[str, Any], claim: str
) -> None:
    trusts = filled("buildkite", VALUES, **{"branch": None, **values})
    assert failing(trusts, CLAIMS | {"sub": at(ref)} | changes) == claim


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"organization": None}, "organization: needed; must be letters"),
        ({"organization": "acme:x"}, "organization: must be letters"),
        ({"organization": "acme*"}, "organization: no `*`; must be letters"),
        ({"organization_id": "acme"}, "organization_id: must be a UUID"),
        ({"pipeline": "a/b"}, "pipeline: must be letters"),
        ({"pipeline_id": None}, "pipeline_id: needed; must be a UUID"),
        ({"branch": None}, "branch: needed, or else tag, or any_ref"),
        ({"branch": "main:commit"}, "branch: must be its short name"),
        ({"step": "x"}, "step: not known; known are organization, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("buildkite", VALUES, **changes)
    assert raised.value.message.startswith(message)
