"""Patterns that the linter refuses, and those next to them that it takes."""

from dataclasses import replace

import pytest

from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.linter import Level, check, grade
from tests.federation.linter.trusts import (
    BUILDKITE,
    CALLED,
    CIRCLECI,
    CLUSTER,
    ENTRA,
    FORGE,
    GITHUB,
    GITLAB,
    GOOGLE,
    KEYCLOAK,
    MAIN,
    OWNER_ID,
    PROJECT_ID,
    PUSH,
    SERVER,
    TERRAFORM,
    UID,
    entry,
    glob,
    refusals,
    warnings,
)


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (glob(GITHUB, "repo:**"), {"wildcard_before_owner"}),
        (glob(GITHUB, "repo:**", conditions=(OWNER_ID,)), {"wildcard_before_owner"}),
        (glob(FORGE, "repo:**"), {"wildcard_before_owner"}),
        (glob(GITHUB, "repo:*"), {"wildcard_before_owner"}),
        (glob(GITHUB, "repo:**/app:ref:refs/x"), {"wildcard_before_owner"}),
        (glob(GITHUB, "repo:**@1/app@2:ref:refs/x"), {"wildcard_before_owner"}),
        (glob(GITHUB, "**:ref:refs/heads/main"), {"wildcard_before_owner"}),
        (glob(GITHUB, "job_workflow_ref:**"),
         {"wildcard_before_owner", "caller_open"}),
        (glob(GITLAB, "project_path:**"), {"wildcard_before_owner"}),
        (glob(FORGE, "project_path:**"), {"wildcard_before_owner"}),
        (glob(BUILDKITE, "organization:**"), {"wildcard_before_owner"}),
        (glob(CIRCLECI, "org/**"), {"wildcard_before_owner"}),
        (glob(CLUSTER, "system:serviceaccount:*"), {"wildcard_before_owner"}),
        (glob(CLUSTER, "system:serviceaccount:**"), {"wildcard_before_owner"}),
        (glob(KEYCLOAK, "**:ref_type:branch:ref:main"), {"wildcard_before_owner"}),
        (glob(CLUSTER, "system:serviceaccount:*:builder"), {"owner_open"}),
        (glob(CLUSTER, "system:serviceaccount:*:*"), {"owner_open"}),
        (glob(CLUSTER, "system:**"), {"owner_open"}),
        (glob(CLUSTER, "SYSTEM:*:*:*", ignore_case=True), {"owner_open"}),
        (glob(FORGE, "*:*/*:ref:refs/heads/main"), {"owner_open"}),
        (glob(FORGE, "*:*/*:ref_type:branch:ref:main"), {"owner_open"}),
        (glob(GITHUB, "repo:*/app:ref:refs/heads/main"), {"owner_open"}),
        (glob(GITHUB, "repo:*/app:ref:refs/heads/main", conditions=(MAIN,)),
         {"owner_open"}),
        (glob(GITHUB, "repo:*/app:environment:x", conditions=(
            Condition("repository_owner_id", Operator.GLOB, ("1",)),)),
         {"owner_open"}),
        (glob(f"{GITHUB}/acme", "repo:*/*:environment:prod"), {"owner_open"}),
        (glob(GITHUB.upper().replace("HTTPS", "https"), "repo:*/a:x"), {"owner_open"}),
        (glob(GITHUB, "environment:prod:*"), {"owner_open"}),
        (glob(GITLAB, "project_path:*/app:ref_type:branch:ref:main"), {"owner_open"}),
        (glob(GITLAB, "project_path:*/app:ref_type:branch:ref:main",
              conditions=(OWNER_ID,)), {"owner_open"}),
        (glob(BUILDKITE, "organization:*:pipeline:app"), {"owner_open"}),
        (glob(CIRCLECI, "org/*/project/x/user/*"), {"owner_open"}),
        (glob(GOOGLE, "12/*"), {"owner_open"}),
        (glob(GOOGLE, "1234*"), {"wildcard_cuts_name", "owner_open"}),
        (glob(ENTRA, "1a1a*"), {"wildcard_cuts_name"}),
        (glob(KEYCLOAK, "service-*"), {"wildcard_cuts_name"}),
        (glob(KEYCLOAK, "*-service"), {"wildcard_cuts_name"}),
        (glob(CLUSTER, "system:serviceaccount:ci:build-*"), {"wildcard_cuts_name"}),
        (glob(CLUSTER, "system:serviceaccount:ci*:x"),
         {"wildcard_cuts_name", "owner_open"}),
        (glob(GITLAB, "project_path:acme/app*:ref_type:branch:ref:main"),
         {"wildcard_cuts_name"}),
        (glob(BUILDKITE, "organization:acme:pipeline:app*:ref:refs/heads/main"),
         {"wildcard_cuts_name"}),
        (glob(CIRCLECI, "org/x/project/a*"), {"wildcard_cuts_name"}),
        (glob(GITHUB, "job_workflow_ref:acme/ci*"),
         {"wildcard_cuts_name", "caller_open"}),
        (glob(GITHUB, "job_workflow_ref:acme/**"), {"caller_open"}),
        (glob(GITHUB, "JOB_WORKFLOW_REF:acme/**", ignore_case=True), {"caller_open"}),
        (glob(SERVER, "job_workflow_ref:acme/**"), {"caller_open"}),
        (glob(FORGE, "job_workflow_ref:acme/**"), {"caller_open"}),
        (glob(GITHUB, "job_workflow_ref:acme/**", conditions=(MAIN, PUSH)),
         {"caller_open"}),
        (glob(GITHUB, "job_workflow_ref:acme/**", conditions=(
            replace(OWNER_ID, operator=Operator.GLOB),)), {"caller_open"}),
        (glob(GITHUB, f"{CALLED}:repository_owner:*"), {"caller_open"}),
        (glob(GITHUB, f"{CALLED}:repository_owner:acme*"), {"caller_open"}),
        (glob(GITHUB, f"{CALLED}:workflow:*"), {"caller_open"}),
        (glob(SERVER, "repo:*/*:**"), {"owner_open"}),
        (glob(SERVER, "environment:prod:*"), {"owner_open"}),
        (glob(FORGE, "repo:*/*:**"), {"owner_open"}),
        (glob(FORGE, "repo:*/app:ref:refs/heads/main"), {"owner_open"}),
        (glob(FORGE, "repo:*/app:ref:refs/heads/main", conditions=(PUSH,)),
         {"owner_open"}),
        (glob(FORGE, "project_path:*/*:ref_type:branch:ref:main"), {"owner_open"}),
        (glob(FORGE, "project_path:*/app:ref_type:branch:ref:main", conditions=(
            OWNER_ID,)), {"owner_open"}),
        (glob(TERRAFORM, "organization:*:project:*:workspace:prod:run_phase:*"),
         {"owner_open"}),
        (glob(TERRAFORM, "organization:**"), {"wildcard_before_owner"}),
        (glob(TERRAFORM, "organization:acme*:project:p:workspace:w:run_phase:apply"),
         {"wildcard_cuts_name", "owner_open"}),
        (glob(TERRAFORM, "organization:acme:project:p*:workspace:w:run_phase:apply"),
         {"wildcard_cuts_name"}),
        (glob(FORGE, "organization:*:project:*:workspace:prod:run_phase:*"),
         {"owner_open"}),
        (glob(FORGE, "organization:*"), {"owner_open"}),
        (glob(FORGE, "organization:**"), {"owner_open"}),
        (glob(FORGE, "organization:*:team:ci"), {"owner_open"}),
        (glob(FORGE, "ORGANIZATION:*:team:ci", ignore_case=True), {"owner_open"}),
        (glob(FORGE, "*:*:project:*:workspace:main:run_phase:apply"), {"owner_open"}),
        (glob(GITHUB, "repository_id:12*:x"),
         {"wildcard_cuts_name", "owner_open"}),
        (entry(GITLAB, "project_path:acme*"), {"wildcard_cuts_name"}),
    ],
    ids=lambda value: value.subject if isinstance(value, Entry) else "",
)  # fmt: skip
def test_a_pattern_that_lets_in_strangers_is_refused(
    trust: Entry, expected: set[str]
) -> None:
    assert refusals(trust) == expected
    assert grade(trust).level is Level.REFUSED
    with pytest.raises(TrustInvalid, match=r"^subject: .+\. .+"):
        check(trust)


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (glob(GITHUB, "repo:acme/*:ref:refs/heads/main"), set()),
        (glob(GITHUB, "repo:acme/**"), set()),
        (glob(GITHUB, "repo:acme@*/app@*:ref:refs/heads/main"), set()),
        (glob(GITHUB, "repository_owner:acme:**"), set()),
        (glob(GITHUB, "repository_owner_id:12:**"), set()),
        (glob(GITHUB, "repository_id:12:*"), set()),
        (glob(GITHUB, "job_workflow_ref:acme/ci/.github/workflows/*.yml@refs/x",
              conditions=(OWNER_ID,)), {"wildcard_cuts_rest"}),
        (glob(GITHUB, "job_workflow_ref:acme/**", conditions=(
            replace(OWNER_ID, claim="repository_id"),)), set()),
        (glob(GITHUB, "job_workflow_ref:acme/**:repository_id:12"), set()),
        (glob(GITHUB, "job_workflow_ref:acme/**:repository_owner_id:12:ref:x"), set()),
        (glob(GITHUB, "job_workflow_ref:acme/**:repository_owner:acme"), set()),
        (glob(GITHUB, "job_workflow_ref:acme/**:repo:acme/app"), set()),
        (glob(GITHUB, "repo:acme/app:job_workflow_ref:acme/**"), set()),
        (entry(GITHUB, "job_workflow_ref:acme/ci/.github/workflows/*.yml@refs/x"),
         {"literal_wildcard"}),
        (glob(GITHUB, "repo:*/app:ref:refs/x", conditions=(OWNER_ID,)), set()),
        (glob(GITHUB, "repo:acme/app:ref:refs/heads/*"), set()),
        (glob(GITHUB, "repo:acme/app:ref:refs/tags/v*"), {"wildcard_cuts_rest"}),
        (glob(GITHUB, "repo:acme/app:ref:refs/heads/*-x"), {"wildcard_cuts_rest"}),
        (glob(GITHUB, "repo:acme/app:ref:refs/heads/main**"), {"wildcard_cuts_rest"}),
        (glob(FORGE, "repo:*/app:ref:refs/heads/main", conditions=(OWNER_ID,)), set()),
        (glob(FORGE, "project_path:*/app:ref_type:branch:ref:main", conditions=(
            PROJECT_ID,)), set()),
        (glob(CLUSTER, "system:serviceaccount:*:builder", conditions=(UID,)), set()),
        (glob(CLUSTER, "system:serviceaccount:ci:*"), set()),
        (glob(TERRAFORM, "organization:*:project:*:workspace:*:run_phase:apply",
              conditions=(Condition(
                  "terraform_organization_id", Operator.EQUALS, ("org-1",)),)), set()),
        (glob(TERRAFORM, "organization:acme:**"), set()),
        (glob(FORGE, "organization:acme:team:*"), set()),
        (glob(ENTRA, "a/**"), set()),
        (glob(GITLAB, "project_path:acme/**"), set()),
        (glob(GITLAB, "project_path:acme/x:ref_type:tag:ref:v*"),
         {"wildcard_cuts_rest"}),
        (glob(KEYCLOAK, "*:acme"), {"wildcard_first"}),
        (glob(KEYCLOAK, "*@acme.example"), {"wildcard_first"}),
        (glob(KEYCLOAK, "team:*"), set()),
        (glob(KEYCLOAK, "team:**"), set()),
        (glob(KEYCLOAK, "no-wildcard"), set()),
        (entry(GITHUB, "repo:acme/app*"), {"literal_wildcard"}),
        (entry(GITHUB, "repo:acme/*:ref:refs/heads/main"), {"literal_wildcard"}),
        (entry(GITHUB, "repo:*/app"), {"literal_wildcard"}),
        (entry(KEYCLOAK, "service-*"), {"literal_wildcard"}),
        (entry(KEYCLOAK, ":/@"), set()),
    ],
    ids=lambda value: value.subject if isinstance(value, Entry) else "",
)  # fmt: skip
def test_a_pattern_that_says_whose_tokens_it_lets_in_is_taken(
    trust: Entry, expected: set[str]
) -> None:
    about_wildcards = {
        code for code in warnings(trust) if "wildcard" in code or "owner" in code
    }
    assert (refusals(trust), about_wildcards) == (set(), expected)
    check(trust)
