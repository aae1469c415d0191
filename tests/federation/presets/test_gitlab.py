"""GitLab CI, by the claims of "OpenID Connect (OIDC) Authentication Using ID Tokens".

https://docs.gitlab.com/ci/secrets/id_token_authentication
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import LET_IN, SITE, failing, filled

VALUES: dict[str, Any] = {
    "project": "acme/team/app",
    "project_id": "20",
    "namespace_id": "72",
    "branch": "main",
}
CLAIMS: dict[str, Any] = {
    "iss": "https://gitlab.com",
    "sub": "project_path:acme/team/app:ref_type:branch:ref:main",
    "aud": SITE,
    "namespace_id": "72",
    "namespace_path": "acme/team",
    "project_id": "20",
    "project_path": "acme/team/app",
    "project_visibility": "private",
    "user_id": "1",
    "user_login": "jane",
    "user_email": "jane@example.com",
    "user_access_level": "developer",
    "pipeline_id": "574",
    "pipeline_source": "push",
    "job_id": "302",
    "ref": "main",
    "ref_type": "branch",
    "ref_path": "refs/heads/main",
    "ref_protected": "true",
    "environment": "production",
    "environment_protected": "true",
    "deployment_tier": "production",
    "environment_action": "start",
    "runner_id": 1,
    "runner_environment": "self-hosted",
    "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
    "ci_config_ref_uri": "gitlab.com/acme/team/app//.gitlab-ci.yml@refs/heads/main",
    "ci_config_sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="push"),
        pytest.param({"pipeline_source": "schedule"}, id="schedule"),
        pytest.param({"environment": None}, id="no environment"),
        pytest.param(
            {"sub": "project_path:Acme/Team/App:ref_type:branch:ref:main"},
            id="path in another case",
        ),
    ],
)
def test_jobs_of_the_branch_are_let_in(changes: dict[str, Any]) -> None:
    assert failing(filled("gitlab", VALUES), CLAIMS | changes) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "https://gitlab.example.com"}, "iss", id="issuer"),
        pytest.param({"aud": "https://vault.example.com"}, "aud", id="audience"),
        pytest.param(
            {"sub": "project_path:acme/app:ref_type:branch:ref:main"}, "sub", id="path"
        ),
        pytest.param(
            {"sub": "project_path:acme/team/app:ref_type:branch:ref:dev", "ref": "dev"},
            "sub",
            id="branch",
        ),
        pytest.param(
            {"sub": "project_path:acme/team/app:ref_type:tag:ref:main"}, "sub", id="tag"
        ),
        pytest.param(
            {
                "sub": "project_path:acme/team/app:ref_type:branch:ref:Main",
                "ref": "Main",
            },
            "ref",
            id="branch in another case",
        ),
        pytest.param({"ref_protected": "false"}, "ref_protected", id="unprotected"),
        pytest.param({"ref_protected": True}, "ref_protected", id="not as a text"),
        pytest.param(
            {"pipeline_source": "merge_request_event"},
            "pipeline_source",
            id="merge request",
        ),
        pytest.param(
            {"pipeline_source": "parent_pipeline"}, "pipeline_source", id="child"
        ),
        pytest.param({"pipeline_source": None}, "pipeline_source", id="no source"),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    assert failing(filled("gitlab", VALUES), CLAIMS | changes) == claim


@pytest.mark.parametrize("claim", ["project_id", "namespace_id"])
@pytest.mark.parametrize("value", ["21", None], ids=["another", "missing"])
def test_s17_the_same_path_with_other_ids_is_refused(
    claim: str, value: str | None
) -> None:
    assert failing(filled("gitlab", VALUES), CLAIMS | {claim: value}) == claim


@pytest.mark.parametrize(
    ("values", "changes", "claim"),
    [
        pytest.param(
            {"branch": None, "tag": "v1"},
            {
                "sub": "project_path:acme/team/app:ref_type:tag:ref:v1",
                "ref_type": "tag",
                "ref": "v1",
            },
            LET_IN,
            id="tag",
        ),
        pytest.param(
            {"branch": "rel/*", "wildcards": "true"},
            {
                "sub": "project_path:acme/team/app:ref_type:branch:ref:rel/1",
                "ref": "rel/1",
            },
            LET_IN,
            id="branches",
        ),
        pytest.param(
            {"branch": "rel/*", "wildcards": "true"},
            {
                "sub": "project_path:acme/team/app:ref_type:branch:ref:rel/1/x",
                "ref": "rel/1/x",
            },
            "sub",
            id="beyond the slash",
        ),
        pytest.param(
            {"branch": None, "any_ref": True, "ref_protected": False},
            {
                "sub": "project_path:acme/team/app:ref_type:tag:ref:a/b",
                "ref": "a/b",
                "ref_protected": "false",
            },
            LET_IN,
            id="any ref",
        ),
        pytest.param(
            {"branch": None, "any_ref": True},
            {"ref_protected": "false"},
            "ref_protected",
            id="any protected ref",
        ),
        pytest.param({"environment": "production"}, {}, LET_IN, id="environment"),
        pytest.param(
            {"environment": "production"},
            {"environment": "test"},
            "environment",
            id="another environment",
        ),
        pytest.param(
            {"sources": "push pipeline"},
            {"pipeline_source": "pipeline"},
            LET_IN,
            id="pipeline of another project",
        ),
        pytest.param(
            {"issuer": "https://gitlab.example.com/git"},
            {"iss": "https://gitlab.example.com/git"},
            LET_IN,
            id="self-managed",
        ),
    ],
)
def test_what_can_be_chosen(
    values: dict[str, Any], changes: dict[str, Any], claim: str
) -> None:
    assert failing(filled("gitlab", VALUES, **values), CLAIMS | changes) == claim


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"project": "app"}, "project: must be a path"),
        ({"project": "acme/*"}, "project: no `*`; must be a path"),
        ({"project": "acme:x/app"}, "project: must be a path"),
        ({"project": "https://gitlab.com/acme/app"}, "project: must be a path"),
        ({"project_id": "app"}, "project_id: must be digits"),
        ({"namespace_id": None}, "namespace_id: needed; must be digits"),
        ({"branch": None}, "branch: needed, or else tag, or any_ref"),
        ({"ref_protected": "yes"}, "ref_protected: must be true or false"),
        ({"sources": ["merge_request_event"]}, "sources: must be one of push"),
        ({"issuer": "https://GitLab.com"}, "issuer: must be an https:// URL"),
        ({"project_path": "a/b"}, "project_path: not known; known are project, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("gitlab", VALUES, **changes)
    assert raised.value.message.startswith(message)
