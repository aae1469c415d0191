"""GitHub Actions, by the claims of "OpenID Connect reference".

https://docs.github.com/en/actions/reference/security/oidc; the subject with ids is
its section "Immutable subject claims".
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import LET_IN, SITE, failing, filled

VALUES: dict[str, Any] = {
    "owner": "acme",
    "owner_id": "65",
    "repository": "app",
    "repository_id": "74",
    "branch": "main",
}
CLAIMS: dict[str, Any] = {
    "iss": "https://token.actions.githubusercontent.com",
    "sub": "repo:acme/app:ref:refs/heads/main",
    "aud": SITE,
    "actor": "octocat",
    "actor_id": "12",
    "base_ref": "",
    "check_run_id": "4711",
    "event_name": "push",
    "head_ref": "",
    "job_workflow_ref": "acme/app/.github/workflows/release.yml@refs/heads/main",
    "job_workflow_sha": "9f3182061f1e2cca4702c368cbc039b7dc9d4485",
    "ref": "refs/heads/main",
    "ref_protected": "true",
    "ref_type": "branch",
    "repository": "acme/app",
    "repository_id": "74",
    "repository_owner": "acme",
    "repository_owner_id": "65",
    "repository_visibility": "private",
    "run_attempt": "2",
    "run_id": "15000000001",
    "run_number": "10",
    "runner_environment": "github-hosted",
    "sha": "9f3182061f1e2cca4702c368cbc039b7dc9d4485",
    "workflow": "Release",
    "workflow_ref": "acme/app/.github/workflows/release.yml@refs/heads/main",
    "workflow_sha": "9f3182061f1e2cca4702c368cbc039b7dc9d4485",
}
NEW = "repo:acme@65/app@74:ref:refs/heads/main"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="with names only"),
        pytest.param({"sub": NEW}, id="with ids"),
        pytest.param({"event_name": "workflow_dispatch"}, id="started by hand"),
        pytest.param({"aud": [SITE]}, id="audience in a list"),
        pytest.param(
            {"sub": "repo:Acme/App:ref:refs/heads/main"}, id="names in another case"
        ),
    ],
)
def test_jobs_of_the_branch_are_let_in(changes: dict[str, Any]) -> None:
    assert failing(filled("github", VALUES), CLAIMS | changes) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "https://token.example.com"}, "iss", id="issuer"),
        pytest.param({"aud": "https://github.com/acme"}, "aud", id="usual audience"),
        pytest.param({"aud": [SITE, "https://x.example"]}, "aud", id="for others too"),
        pytest.param({"sub": "repo:acme/app2:ref:refs/heads/main"}, "sub", id="name"),
        pytest.param(
            {"sub": "repo:acme/app:ref:refs/heads/dev", "ref": "refs/heads/dev"},
            "sub",
            id="branch",
        ),
        pytest.param(
            {"sub": "repo:acme/app:ref:refs/tags/main", "ref": "refs/tags/main"},
            "sub",
            id="tag of the branch's name",
        ),
        pytest.param(
            {"sub": "repo:acme/app:ref:refs/heads/MAIN", "ref": "refs/heads/MAIN"},
            "ref",
            id="branch in another case",
        ),
        pytest.param(
            {"sub": "repo:acme/app:pull_request", "event_name": "pull_request"},
            "sub",
            id="pull request",
        ),
        pytest.param(
            {"event_name": "pull_request_target"}, "event_name", id="its target"
        ),
        pytest.param({"event_name": "workflow_run"}, "event_name", id="its follower"),
        pytest.param({"event_name": "issue_comment"}, "event_name", id="comment"),
        pytest.param({"event_name": None}, "event_name", id="no event"),
        pytest.param(
            {"sub": "repo:acme/app:environment:main"}, "sub", id="environment"
        ),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    assert failing(filled("github", VALUES), CLAIMS | changes) == claim


@pytest.mark.parametrize("form", [CLAIMS["sub"], NEW], ids=["old", "new"])
@pytest.mark.parametrize(
    ("claim", "value"),
    [
        pytest.param("repository_id", "75", id="made again"),
        pytest.param("repository_owner_id", "66", id="owned by another"),
        pytest.param("repository_id", 74, id="a number"),
        pytest.param("repository_id", None, id="missing"),
    ],
)
def test_s17_the_same_names_with_other_ids_are_refused(
    form: str, claim: str, value: Any
) -> None:
    changed = CLAIMS | {"sub": form, claim: value}
    assert failing(filled("github", VALUES), changed) == claim


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme-65/app-74:ref:refs/heads/main",
        "repo:acme@66/app@74:ref:refs/heads/main",
        "repo:acme@65/app@75:ref:refs/heads/main",
        "repo:acme@74/app@65:ref:refs/heads/main",
        "repo:acme@65/app:ref:refs/heads/main",
        "repo:acme/app@74:ref:refs/heads/main",
        "repo:other@65/app@74:ref:refs/heads/main",
    ],
)
def test_s18_subjects_that_only_look_alike_are_refused(subject: str) -> None:
    assert failing(filled("github", VALUES), CLAIMS | {"sub": subject}) == "sub"


@pytest.mark.parametrize(
    ("form", "lets_old", "lets_new"),
    [("old", True, False), ("new", False, True), ("both", True, True)],
)
def test_s18_one_form_of_the_subject_can_be_chosen(
    form: str, lets_old: bool, lets_new: bool
) -> None:
    trusts = filled("github", VALUES, sub_form=form)
    assert (failing(trusts, CLAIMS) == LET_IN) is lets_old
    assert (failing(trusts, CLAIMS | {"sub": NEW}) == LET_IN) is lets_new


ENVIRONMENT = {
    "sub": "repo:acme/app:environment:production",
    "environment": "production",
}


@pytest.mark.parametrize(
    ("values", "changes", "claim"),
    [
        pytest.param({}, {}, LET_IN, id="any branch"),
        pytest.param({}, {"ref": "refs/heads/dev"}, LET_IN, id="another branch"),
        pytest.param(
            {},
            {
                "sub": "repo:acme/app:environment:Production",
                "environment": "PRODUCTION",
            },
            LET_IN,
            id="in another case",
        ),
        pytest.param(
            {}, {"environment": "other"}, "environment", id="its claim another"
        ),
        pytest.param({}, {"environment": None}, "environment", id="claim missing"),
        pytest.param({"branch": "main"}, {}, LET_IN, id="with the branch"),
        pytest.param(
            {"branch": "main"}, {"ref": "refs/heads/dev"}, "ref", id="wrong branch"
        ),
        pytest.param({}, {"sub": CLAIMS["sub"]}, "sub", id="no environment"),
        pytest.param(
            {}, {"sub": "repo:acme/app:environment:production2"}, "sub", id="another"
        ),
        pytest.param(
            {}, {"event_name": "pull_request"}, "event_name", id="pull request"
        ),
    ],
)
def test_jobs_of_an_environment(
    values: dict[str, Any], changes: dict[str, Any], claim: str
) -> None:
    said = {"branch": None, "environment": "production", **values}
    trusts = filled("github", VALUES, **said)
    assert failing(trusts, CLAIMS | ENVIRONMENT | changes) == claim


ESCAPED = "repo:acme/app:environment:prod%3Aeu"


@pytest.mark.parametrize(
    ("wanted", "environment", "claim"),
    [
        pytest.param("prod:eu", "prod:eu", LET_IN, id="colon"),
        pytest.param("prod%3Aeu", "prod%3Aeu", LET_IN, id="as it would be escaped"),
        pytest.param("prod:eu", "prod%3Aeu", "environment", id="escaped for colon"),
        pytest.param("prod%3Aeu", "prod:eu", "environment", id="colon for escaped"),
        pytest.param("prod:*", "prod:eu", LET_IN, id="wildcard"),
        pytest.param("prod:*", "prod%3Aeu", "environment", id="wildcard for escaped"),
    ],
)
def test_environments_that_github_writes_alike_are_told_apart(
    wanted: str, environment: str, claim: str
) -> None:
    trusts = filled(
        "github", VALUES, branch=None, environment=wanted, wildcards="*" in wanted
    )
    said = CLAIMS | {"sub": ESCAPED, "environment": environment}
    assert failing(trusts, said) == claim


@pytest.mark.parametrize(
    ("values", "ref", "is_in"),
    [
        pytest.param({"tag": "v1"}, "refs/tags/v1", True, id="tag"),
        pytest.param({"tag": "v1"}, "refs/tags/v2", False, id="other tag"),
        pytest.param({"tag": "v1"}, "refs/heads/v1", False, id="branch as the tag"),
        pytest.param({"tag": "v*"}, "refs/tags/v2.1", True, id="tags"),
        pytest.param({"tag": "v*"}, "refs/tags/v2/x", False, id="beyond the slash"),
        pytest.param({"tag": "v*"}, "refs/tags/V2", False, id="tags in another case"),
        pytest.param({"branch": "rel/*"}, "refs/heads/rel/1", True, id="branches"),
        pytest.param({"branch": "rel/*"}, "refs/heads/rel", False, id="without slash"),
        pytest.param({"any_ref": True}, "refs/heads/a/b", True, id="any branch"),
        pytest.param({"any_ref": True}, "refs/tags/v1", True, id="any tag"),
    ],
)
def test_refs(values: dict[str, Any], ref: str, is_in: bool) -> None:
    said = {"branch": None, "wildcards": True, **values}
    trusts = filled("github", VALUES, **said)
    changed = CLAIMS | {"sub": f"repo:acme/app:ref:{ref}", "ref": ref}
    assert (failing(trusts, changed) == LET_IN) is is_in


REUSED = "acme/ci/.github/workflows/push.yml"


@pytest.mark.parametrize(
    ("workflow", "run", "is_in"),
    [
        pytest.param("release.yml", CLAIMS["job_workflow_ref"], True, id="own file"),
        pytest.param(
            "release.yml",
            "Acme/App/.github/workflows/release.yml@refs/heads/x",
            True,
            id="own file, names in another case",
        ),
        pytest.param(
            "release.yml",
            "acme/app/.github/workflows/other.yml@refs/heads/main",
            False,
            id="another file",
        ),
        pytest.param(
            "release.yml",
            "evil/app/.github/workflows/release.yml@refs/heads/main",
            False,
            id="such a file elsewhere",
        ),
        pytest.param(
            "release.yml",
            "acme/app/.github/workflows/Release.yml@refs/heads/main",
            False,
            id="file in another case",
        ),
        pytest.param(REUSED, f"{REUSED}@refs/tags/v1", True, id="reusable"),
        pytest.param(
            f"{REUSED}@refs/heads/main",
            f"{REUSED}@refs/heads/main",
            True,
            id="reusable at a ref",
        ),
        pytest.param(
            f"{REUSED}@refs/heads/main",
            f"{REUSED}@refs/heads/Main",
            False,
            id="reusable at a ref in another case",
        ),
        pytest.param("release.yml", None, False, id="not said"),
    ],
)
def test_workflows(workflow: str, run: str | None, is_in: bool) -> None:
    trusts = filled("github", VALUES, workflow=workflow)
    found = failing(trusts, CLAIMS | {"job_workflow_ref": run})
    assert found == (LET_IN if is_in else "job_workflow_ref")


def test_an_enterprise_server_is_an_issuer_of_its_own() -> None:
    issuer = "https://github.example.com/_services/token"
    trusts = filled("github", VALUES, issuer=issuer)
    assert failing(trusts, CLAIMS | {"iss": issuer}) == LET_IN
    assert failing(trusts, CLAIMS) == "iss"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": None}, "owner: needed; must be letters"),
        ({"owner": "acme/x"}, "owner: must be letters"),
        ({"owner": "acme*"}, "owner: no `*`; must be letters"),
        ({"owner_id": "acme"}, "owner_id: must be digits"),
        ({"owner_id": None}, "owner_id: needed; must be digits"),
        ({"repository": "acme/app"}, "repository: must be letters"),
        ({"repository": "app:x"}, "repository: must be letters"),
        ({"repository_id": "-1"}, "repository_id: must be digits"),
        ({"repository_id": None}, "repository_id: needed; must be digits"),
        ({"branch": None}, "branch: needed, or else tag, or any_ref"),
        ({"tag": "v1"}, "branch: give only one of branch, tag and any_ref"),
        ({"any_ref": True}, "branch: give only one of branch, tag and any_ref"),
        ({"branch": "refs/heads/main"}, "branch: must be its short name"),
        ({"branch": "main:x"}, "branch: must be its short name"),
        ({"branch": "rel/*"}, "branch: no `*` unless wildcards is true"),
        ({"environment": "a\nb"}, "environment: must be one line"),
        ({"environment": "a*"}, "environment: no `*` unless wildcards is true"),
        (
            {"branch": None, "any_ref": True, "environment": "x"},
            "any_ref: not beside environment",
        ),
        ({"events": ["push", "pull_request"]}, "events: must be one of push, "),
        ({"events": "pull_request_target"}, "events: must be one of push, "),
        ({"workflow": "../release.yml"}, "workflow: must be a file"),
        ({"workflow": "release*.yml"}, "workflow: no `*`; must be a file"),
        ({"sub_form": "any"}, "sub_form: must be one of both, old, new"),
        ({"issuer": "http://github.example.com"}, "issuer: must be an https:// URL"),
        ({"issuer": "https://x.example/"}, "issuer: must be an https:// URL"),
        ({"repo": "app"}, "repo: not known; known are owner, owner_id, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("github", VALUES, **changes)
    assert raised.value.message.startswith(message)
