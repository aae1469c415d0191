"""Trusts about which the linter says nothing, or not much."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.linter import Level, check, grade
from tests.federation.linter.trusts import (
    BUILDKITE,
    CIRCLECI,
    CLUSTER,
    ENTRA,
    GITHUB,
    GITLAB,
    GOOGLE,
    INSIDE,
    KEYCLOAK,
    MAIN,
    ORG,
    OWNER_ID,
    PROJECT_ID,
    PUSH,
    SERVER,
    SOURCES,
    TERRAFORM,
    UID,
    WORKSPACE,
    entry,
    glob,
    warnings,
)
from tests.federation.signer import AUDIENCE

GOOD = [
    pytest.param(
        entry(
            GITHUB,
            "repo:acme@1/app@2:ref:refs/heads/main",
            audiences=(AUDIENCE,),
            conditions=(PUSH,),
            single_use=True,
        ),
        id="GitHub, ids in the subject",
    ),
    pytest.param(
        entry(
            GITHUB,
            "repo:Acme/App:ref:refs/heads/main",
            audiences=(AUDIENCE,),
            conditions=(PUSH, OWNER_ID, MAIN),
            ignore_case=True,
            single_use=True,
        ),
        id="GitHub, ids in conditions",
    ),
    pytest.param(
        glob(
            GITHUB,
            "repo:*@1/*:ref:refs/heads/*",
            audiences=(AUDIENCE,),
            conditions=(PUSH,),
            single_use=True,
        ),
        id="GitHub, whatever the owner is called",
    ),
    pytest.param(
        entry(
            GITLAB,
            "project_path:acme/app:ref_type:branch:ref:main",
            audiences=(AUDIENCE,),
            conditions=(PROJECT_ID, SOURCES),
            single_use=True,
        ),
        id="GitLab",
    ),
    pytest.param(
        glob(
            BUILDKITE,
            "organization:acme:pipeline:app:ref:refs/heads/main:commit:*:step:*",
            audiences=(AUDIENCE,),
            conditions=(Condition("pipeline_id", Operator.EQUALS, (ORG,)),),
            single_use=True,
        ),
        id="Buildkite",
    ),
    pytest.param(
        glob(
            CIRCLECI,
            f"org/{ORG}/project/{ORG}/user/*",
            audiences=(ORG,),
            single_use=True,
        ),
        id="CircleCI",
    ),
    pytest.param(entry(GOOGLE, "1234567890", audiences=(AUDIENCE,)), id="Google"),
    pytest.param(entry(ENTRA, ORG, audiences=(AUDIENCE,)), id="Entra ID"),
    pytest.param(
        entry(f"https://sts.windows.net/{ORG}/", ORG, audiences=(AUDIENCE,)),
        id="Entra ID, version 1",
    ),
    pytest.param(
        entry(
            CLUSTER,
            "system:serviceaccount:ci:builder",
            audiences=(AUDIENCE,),
            conditions=(UID,),
        ),
        id="Kubernetes",
    ),
    pytest.param(
        entry(
            TERRAFORM,
            WORKSPACE,
            audiences=(AUDIENCE,),
            conditions=(Condition("terraform_workspace_id", Operator.EQUALS, ("w",)),),
        ),
        id="Terraform",
    ),
    pytest.param(
        glob(
            GITHUB,
            "job_workflow_ref:acme/ci/.github/workflows/*@refs/heads/main",
            audiences=(AUDIENCE,),
            conditions=(PUSH, OWNER_ID),
            single_use=True,
        ),
        id="GitHub, a called workflow and the id of who calls it",
    ),
    pytest.param(entry(KEYCLOAK, ORG, audiences=(AUDIENCE,)), id="Keycloak"),
    pytest.param(
        entry(
            KEYCLOAK,
            ORG,
            audiences=(AUDIENCE,),
            enabled=False,
            expires_at=datetime(2020, 1, 1, tzinfo=UTC),
        ),
        id="disabled and ended",
    ),
]


@pytest.mark.parametrize("good", GOOD)
def test_of_a_good_trust_there_is_nothing_to_say(good: Entry) -> None:
    assert grade(good).facts() == {"level": "ok", "findings": []}
    check(good)


PLAIN = st.builds(
    Entry,
    issuer=st.one_of(
        st.sampled_from([GITHUB, GITLAB, BUILDKITE, CIRCLECI, GOOGLE, ENTRA, CLUSTER]),
        st.sampled_from([TERRAFORM, INSIDE, SERVER]),
        st.text().map("http://{}".format),
        st.text().map("https://{}".format),
    ),
    subject=st.one_of(
        st.text(min_size=1),
        st.text().map("repo:{}".format),
        st.text().map("project_path:{}".format),
        st.text().map("system:serviceaccount:{}".format),
        st.text().map("organization:{}".format),
        st.text().map("job_workflow_ref:{}".format),
    ).filter(lambda subject: "*" not in subject),
)


@given(plain=PLAIN)
def test_an_exact_subject_is_never_refused_whatever_else_a_trust_says(
    plain: Entry,
) -> None:
    check(plain)
    assert "no_audience" in warnings(plain)


@given(
    issuer=st.sampled_from([GITHUB, GITLAB, CIRCLECI, GOOGLE, CLUSTER, KEYCLOAK]),
    subject=st.text(alphabet="r:/@*\u0130A1", min_size=1),
    match=st.sampled_from(SubjectMatch),
    ignore_case=st.booleans(),
)
def test_every_subject_has_a_grade(
    issuer: str, subject: str, match: SubjectMatch, ignore_case: bool
) -> None:
    graded = grade(Entry(issuer, subject, subject_match=match, ignore_case=ignore_case))
    order = [Level.REFUSED, Level.WARNING]
    levels = [order.index(finding.level) for finding in graded.findings]
    assert levels == sorted(levels)
    assert json.loads(json.dumps(graded.facts()))["level"] == graded.level.value
