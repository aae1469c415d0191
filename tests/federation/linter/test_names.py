"""Names in a trust that somebody else can have later."""

from dataclasses import replace

import pytest

from federation.conditions import Operator
from federation.entries import Entry
from tests.federation.linter.trusts import (
    BUILDKITE,
    CIRCLECI,
    CLUSTER,
    FORGE,
    GITHUB,
    GITLAB,
    KEYCLOAK,
    MAIN,
    ORG,
    OWNER_ID,
    TERRAFORM,
    UID,
    WORKSPACE,
    entry,
    glob,
    warnings,
)


@pytest.mark.parametrize(
    ("trust", "is_named"),
    [
        (entry(GITHUB, "repo:acme/app:environment:x"), True),
        (entry(GITHUB, "repo:acme-1/app-2:environment:x"), True),
        (entry(GITHUB, "repo:acme@1/app@2:environment:x"), False),
        (entry(GITHUB, "REPO:acme@1/app@2:environment:x"), False),
        (entry(GITHUB, "repo:acme@x/app@2:environment:x"), True),
        (entry(GITHUB, "repo:acme/app:environment:@1/"), True),
        (entry(GITHUB, "repository_owner_id:12"), False),
        (entry(GITHUB, "repository_id:12:environment:x"), False),
        (entry(GITHUB, "repository_id:12x"), True),
        (entry(GITHUB, "x:repository_id:12"), True),
        (entry(GITHUB, "repo:acme/app:x", conditions=(OWNER_ID,)), False),
        (entry(GITHUB, "repo:acme/app:x", conditions=(MAIN,)), True),
        (entry(GITHUB, "repo:acme/app:x", conditions=(MAIN, OWNER_ID)), False),
        (entry(GITHUB, "repo:acme/app:x", conditions=(
            replace(OWNER_ID, claim="/repository_id"),)), False),
        (entry(GITHUB, "repo:acme/app:x", conditions=(
            replace(OWNER_ID, operator=Operator.GLOB),)), True),
        (entry(FORGE, "repo:acme/app:x"), True),
        (entry(FORGE, "project_path:acme/app:x"), True),
        (entry(GITLAB, "project_path:acme/app:x", conditions=(OWNER_ID,)), True),
        (entry(GITLAB, "project_path:acme/app:x", conditions=(
            replace(OWNER_ID, claim="namespace_id"),)), False),
        (entry(BUILDKITE, "organization:acme:pipeline:app"), True),
        (entry(BUILDKITE, "organization:acme:pipeline:app", conditions=(
            replace(OWNER_ID, claim="organization_id"),)), False),
        (entry(CIRCLECI, f"org/{ORG}/project/{ORG}/user/{ORG}"), False),
        (entry(CLUSTER, "system:serviceaccount:ci:builder"), True),
        (glob(CLUSTER, "system:serviceaccount:ci:*"), True),
        (entry(CLUSTER, "system:serviceaccount:ci:builder", conditions=(UID,)), False),
        (entry(CLUSTER, "system:serviceaccount:ci:builder", conditions=(
            replace(UID, claim="/kubernetes.io/pod/uid"),)), True),
        (entry(TERRAFORM, WORKSPACE), True),
        (entry(FORGE, WORKSPACE), True),
        *((entry(TERRAFORM, WORKSPACE, conditions=(
            replace(OWNER_ID, claim=f"terraform_{thing}_id"),)), False)
          for thing in ("organization", "project", "workspace")),
        (entry(FORGE, "organization:acme:team:x"), False),
        (entry(KEYCLOAK, "acme"), False),
    ],
    ids=lambda value: value.subject if isinstance(value, Entry) else "",
)  # fmt: skip
def test_names_that_others_can_have_later_are_warned_of(
    trust: Entry, is_named: bool
) -> None:
    assert ("names_without_ids" in warnings(trust)) is is_named
