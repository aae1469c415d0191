"""The linter: whom it refuses, what it warns of, and what it says nothing about."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.errors import TrustInvalid
from federation.linter import Level, check, grade
from federation.presets.github import EVENTS
from federation.presets.gitlab import SOURCES as GITLAB_SOURCES
from federation.providers import TRAITS, Provider, is_misspelt, provider_of
from tests.federation.signer import AUDIENCE, Signer

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
BUILDKITE = "https://agent.buildkite.com"
ORG = "1a1a1a1a-1111-4111-8111-1a1a1a1a1a1a"
CIRCLECI = f"https://oidc.circleci.com/org/{ORG}"
GOOGLE = "https://accounts.google.com"
ENTRA = f"https://login.microsoftonline.com/{ORG}/v2.0"
TERRAFORM = "https://app.terraform.io"
CLUSTER = "https://oidc.example/clusters/7"
INSIDE = "https://kubernetes.default.svc.cluster.local"
SERVER = "https://ghe.example/_services/token"
FORGE = "https://git.example"
KEYCLOAK = "https://sso.example/realms/ci"

OWNER_ID = Condition("repository_owner_id", Operator.EQUALS, ("1",))
PUSH = Condition("event_name", Operator.ONE_OF, ("push", "release"))
MAIN = Condition("ref", Operator.EQUALS, ("refs/heads/main",))
UID = Condition("/kubernetes.io/serviceaccount/uid", Operator.EQUALS, (ORG,))
PROJECT_ID = Condition("project_id", Operator.EQUALS, ("7",))
SOURCES = Condition("pipeline_source", Operator.ONE_OF, ("push", "web"))
WORKSPACE = "organization:acme:project:p:workspace:prod:run_phase:apply"
BRANCH = "repo:acme@1/app@2:ref:refs/heads/main"
CALLED = "job_workflow_ref:acme/ci/.github/workflows/x.yml@refs/heads/main"


def entry(issuer: str, subject: str, **changes: Any) -> Entry:
    return Entry(issuer, subject, **changes)


def glob(issuer: str, subject: str, **changes: Any) -> Entry:
    return entry(issuer, subject, subject_match=SubjectMatch.GLOB, **changes)


def codes(of: Entry, level: Level) -> set[str]:
    return {found.code for found in grade(of).findings if found.level is level}


def refusals(of: Entry) -> set[str]:
    return codes(of, Level.REFUSED)


def warnings(of: Entry) -> set[str]:
    return codes(of, Level.WARNING)


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


CLEAN = entry(
    GITHUB, BRANCH, audiences=(AUDIENCE,), conditions=(PUSH,), single_use=True
)
SERVICE = entry(KEYCLOAK, ORG, audiences=(AUDIENCE,))


def with_event(operator: Operator, *values: str) -> dict[str, Any]:
    return {"conditions": (OWNER_ID, Condition("event_name", operator, values))}


@pytest.mark.parametrize(
    ("good", "changes", "expected"),
    [
        (SERVICE, {"audiences": ()}, {"no_audience"}),
        (SERVICE, {"issuer": "http://sso.example/realms/ci"}, {"issuer_http"}),
        (SERVICE, {"issuer": "https://localhost:8080"}, {"issuer_loopback"}),
        (SERVICE, {"issuer": "https://sso.localhost"}, {"issuer_loopback"}),
        (SERVICE, {"issuer": "https://127.9.9.9"}, {"issuer_loopback"}),
        (SERVICE, {"issuer": "https://[::1]/x"}, {"issuer_loopback"}),
        (SERVICE, {"issuer": "https://notlocalhost.example"}, set()),
        (SERVICE, {"issuer": "https://[::1"}, set()),
        (SERVICE, {"issuer": "https://192.0.2.1"}, set()),
        (SERVICE, {"issuer": "http://127.0.0.1:99"},
         {"issuer_http", "issuer_loopback"}),
        (SERVICE, {"issuer": "https://sso.example/realms/master"}, {"keycloak_master"}),
        (SERVICE, {"issuer": "https://sso.example/realms/master/"},
         {"keycloak_master"}),
        (SERVICE, {"issuer": "https://sso.example/realms/masters"}, set()),
        (SERVICE, {"issuer": "https://api.bitbucket.example"}, set()),
        (SERVICE, {"issuer": INSIDE}, {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://dex.auth.svc"}, {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://dex.auth.svc.:5556"},
         {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://kubernetes.default"},
         {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://kubernetes.default.svc.corp.example"},
         {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://sso/realms/ci"}, {"issuer_means_host_cluster"}),
        (SERVICE, {"issuer": "https://dex.svc.example"}, set()),
        (SERVICE, {"issuer": "https://kubernetes.default.example"}, set()),
        (SERVICE, {"issuer": "https://[2001:db8::1]"}, set()),
        (SERVICE, {"issuer": INSIDE, "keys": Signer().jwks()}, {"own_keys"}),
        (SERVICE, {"keys": Signer().jwks()}, {"own_keys"}),
        (SERVICE, {"single_use": False, "max_age": None}, set()),
        (CLEAN, {"single_use": False}, {"reusable"}),
        (CLEAN, {"conditions": ()}, {"pull_request_target"}),
        (CLEAN, {"subject": "repo:acme@1/app@2:environment:prod", "conditions": ()},
         {"pull_request_target"}),
        (CLEAN, with_event(Operator.EQUALS, "push"), set()),
        (CLEAN, with_event(Operator.ONE_OF, "push", "pull_request_target"),
         {"pull_request_target"}),
        (CLEAN, with_event(Operator.ONE_OF, "push", "pull_request"),
         {"pull_request_target"}),
        (CLEAN, with_event(Operator.GLOB, "pull*"),
         {"pull_request_target", "foreign_event"}),
        (CLEAN, with_event(Operator.GLOB, "pu*h"), set()),
        (CLEAN, with_event(Operator.GLOB, "*"),
         {"pull_request_target", "foreign_event", "condition_any"}),
        (CLEAN, {"conditions": (
            PUSH, Condition("event_name", Operator.GLOB, ("pull*",)))}, set()),
        (CLEAN, {"conditions": (
            PUSH, Condition("event_name", Operator.EQUALS, ("issues",)))}, set()),
        (CLEAN, {"conditions": (Condition(
            "/event_name", Operator.ONE_OF, ("push", "pull_request_target")),)},
         {"pull_request_target"}),
        (CLEAN, {"conditions": (Condition(
            "/event_name", Operator.GLOB, ("pull_*_target",)),)},
         {"pull_request_target"}),
        (CLEAN, with_event(Operator.EQUALS, "made_up"), {"foreign_event"}),
        (CLEAN, with_event(Operator.GLOB, "made_up"), {"foreign_event"}),
        (CLEAN, {"conditions": (Condition(
            "event_name", Operator.EQUALS, ("Push",), ignore_case=True),)}, set()),
        (CLEAN, {"conditions": (Condition(
            "event_name", Operator.EQUALS, ("Issues",), ignore_case=True),)},
         {"foreign_event"}),
        (CLEAN, {"conditions": (Condition("event_name", Operator.ONE_OF, (1, True)),)},
         set()),
        (CLEAN, {"conditions": (
            Condition("/event_name", Operator.EQUALS, ("push",)),)}, set()),
        (CLEAN, {"conditions": (
            Condition("/event_name/x", Operator.EQUALS, ("push",)),)},
         {"pull_request_target"}),
        (CLEAN, {"conditions": (
            PUSH, Condition("actor", Operator.GLOB, ("ann", "*/**")))},
         {"condition_any"}),
        (CLEAN, {"conditions": (PUSH, Condition("actor", Operator.EQUALS, ("*",)))},
         set()),
        (CLEAN, {"conditions": (PUSH, Condition("actor", Operator.GLOB, ("/",)))},
         set()),
        (CLEAN, {"subject": "repo:acme@1/app@2:pull_request", "conditions": ()},
         {"pull_request"}),
        (CLEAN, {"subject": "repo:acme@1/app@2:pull_request"}, set()),
        (CLEAN, {"ignore_case": True}, {"ref_ignores_case"}),
        (CLEAN, {"ignore_case": True, "conditions": (PUSH, MAIN)}, set()),
        (CLEAN, {"ignore_case": True, "conditions": (PUSH, replace(
            MAIN, ignore_case=True))}, {"ref_ignores_case"}),
        (CLEAN, {"ignore_case": True, "subject": BRANCH.upper()},
         {"ref_ignores_case"}),
        (CLEAN, {"ignore_case": True, "subject": "repo:a@1/b@2:environment:ref"},
         set()),
        (CLEAN, {"issuer": f"{GITHUB}/"}, {"issuer_unknown_form"}),
    ],
)  # fmt: skip
def test_what_is_left_open_is_warned_of(
    good: Entry, changes: dict[str, Any], expected: set[str]
) -> None:
    assert grade(replace(good, **changes)).level is not Level.REFUSED
    assert warnings(replace(good, **changes)) == expected


@pytest.mark.parametrize(
    "event",
    [
        "workflow_run", "issue_comment", "issues", "discussion", "discussion_comment",
        "pull_request_review", "pull_request_review_comment", "fork", "watch",
        "check_run", "delete",
    ],
)  # fmt: skip
@pytest.mark.parametrize("claim", ["event_name", "/event_name"])
def test_s19_an_event_that_no_preset_takes_is_warned_of(claim: str, event: str) -> None:
    asked = Condition(claim, Operator.ONE_OF, ("push", event))
    (found,) = grade(replace(CLEAN, conditions=(asked,))).findings
    assert (found.code, found.level) == ("foreign_event", Level.WARNING)
    assert found.reason.endswith(f": {event}")


@pytest.mark.parametrize("event", EVENTS)
def test_the_events_of_the_preset_are_not_warned_of(event: str) -> None:
    assert warnings(replace(CLEAN, **with_event(Operator.EQUALS, event))) == set()


def test_s19_pull_requests_are_seen_where_the_event_is_asked_for_by_a_pointer() -> None:
    events = ("push", "pull_request", "pull_request_target")
    asked = (OWNER_ID, Condition("/event_name", Operator.ONE_OF, events))
    trust = replace(
        CLEAN,
        subject="repo:acme/app:**",
        subject_match=SubjectMatch.GLOB,
        conditions=asked,
    )
    assert warnings(trust) == {"pull_request"}


def test_an_event_that_only_a_trust_knows_is_not_repeated() -> None:
    trust = replace(CLEAN, **with_event(Operator.EQUALS, "secret-\x1b[2J"))
    (found,) = grade(trust).findings
    assert found.code == "foreign_event"
    assert "secret" not in f"{found.reason}{found.cure}"


PIPELINE = entry(
    GITLAB,
    "project_path:acme/app:ref_type:branch:ref:main",
    audiences=(AUDIENCE,),
    conditions=(PROJECT_ID, SOURCES),
    single_use=True,
)


def from_sources(operator: Operator, *values: str) -> tuple[Condition, ...]:
    return (PROJECT_ID, Condition("pipeline_source", operator, values))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((PROJECT_ID,), {"merge_request"}),
        ((PROJECT_ID, Condition("ref_protected", Operator.EQUALS, ("true",))),
         {"merge_request"}),
        (from_sources(Operator.EQUALS, "merge_request_event"), {"merge_request"}),
        (from_sources(Operator.EQUALS, "parent_pipeline"), {"merge_request"}),
        (from_sources(Operator.EQUALS, "external_pull_request_event"),
         {"merge_request"}),
        (from_sources(Operator.ONE_OF, "push", "external"), {"foreign_event"}),
        (from_sources(Operator.ONE_OF, "push", "made_up"), {"foreign_event"}),
        (from_sources(Operator.ONE_OF, "parent_pipeline", "external"),
         {"merge_request", "foreign_event"}),
        (from_sources(Operator.GLOB, "*"),
         {"merge_request", "foreign_event", "condition_any"}),
        (from_sources(Operator.GLOB, "pu*"), set()),
        (from_sources(Operator.ONE_OF, *GITLAB_SOURCES), set()),
        ((PROJECT_ID, Condition("/pipeline_source", Operator.EQUALS, ("push",))),
         set()),
        ((PROJECT_ID, PUSH), {"merge_request"}),
    ],
)  # fmt: skip
def test_s19_merge_requests_are_warned_of(
    conditions: tuple[Condition, ...], expected: set[str]
) -> None:
    assert warnings(replace(PIPELINE, conditions=conditions)) == expected


def test_s19_merge_requests_are_warned_of_at_a_self_managed_gitlab() -> None:
    trust = replace(PIPELINE, issuer=FORGE, conditions=(PROJECT_ID,))
    assert warnings(trust) == {"merge_request"}


def ref(operator: Operator, *values: str, **changes: Any) -> Condition:
    return Condition(changes.pop("claim", "ref"), operator, values, **changes)


@pytest.mark.parametrize(
    ("subject", "conditions", "is_warned"),
    [
        ("ref:refs/heads/main", (ref(Operator.EQUALS, "refs/heads/main"),), False),
        ("ref:refs/heads/main", (ref(Operator.ONE_OF, "a", "refs/heads/main"),), False),
        ("ref:refs/heads/main", (ref(Operator.GLOB, "refs/heads/main"),), False),
        ("ref:refs/heads/main", (ref(
            Operator.EQUALS, "refs/heads/main", claim="/ref"),), False),
        ("ref:refs/heads/main", (ref(Operator.GLOB, "refs/heads/*"),), True),
        ("ref:refs/heads/main", (ref(Operator.GLOB, "refs/**"),), True),
        ("ref:refs/heads/main", (ref(Operator.GLOB, "**"),), True),
        ("ref:refs/heads/main", (ref(Operator.GLOB, "refs/heads/m*"),), True),
        ("ref:refs/heads/main", (ref(
            Operator.GLOB, "refs/heads/main", "refs/heads/*"),), True),
        ("ref:refs/heads/main", (ref(
            Operator.GLOB, "refs/heads/main", ignore_case=True),), True),
        ("ref:refs/heads/main", (
            ref(Operator.GLOB, "refs/heads/*"),
            ref(Operator.EQUALS, "refs/heads/main")), False),
        ("ref:refs/heads/main", (), True),
        ("ref:refs/heads/main:workflow:x", (), True),
        ("ref:refs/heads/rel/*", (ref(Operator.GLOB, "refs/heads/rel/*"),), False),
        ("ref:refs/heads/rel/*", (ref(Operator.GLOB, "refs/heads/rel/1*"),), False),
        ("ref:refs/heads/rel/*", (ref(Operator.GLOB, "refs/heads/*/1"),), True),
        ("ref:refs/tags/*", (), False),
        ("ref:refs/tags/1.2", (), False),
        ("ref:refs/tags/1.2:workflow:x", (), False),
        ("ref:refs/heads/main", (ref(
            Operator.EQUALS, "refs/heads/main", claim="ref_path"),), False),
        ("ref:refs/**", (), False),
        ("ref_type:*:ref:**", (), False),
        ("ref_type:branch:ref:main", (ref(Operator.EQUALS, "main"),), False),
        ("ref_type:branch:ref:main", (ref(Operator.GLOB, "*"),), True),
        ("environment:prod", (), False),
    ],
)  # fmt: skip
def test_s20_a_ref_in_either_case_is_warned_of(
    subject: str, conditions: tuple[Condition, ...], is_warned: bool
) -> None:
    trust = glob(
        GITHUB, f"repo:acme/app:{subject}", conditions=conditions, ignore_case=True
    )
    assert ("ref_ignores_case" in warnings(trust)) is is_warned


@pytest.mark.parametrize(
    ("issuer", "subject", "audience", "is_common"),
    [
        (KEYCLOAK, ORG, "account", True),
        (FORGE, ORG, "account", False),
        (KEYCLOAK, ORG, "accounts", False),
        (KEYCLOAK, ORG, "https://github.com/acme", False),
        (CLUSTER, "system:serviceaccount:ci:x", CLUSTER, True),
        (CLUSTER, "system:serviceaccount:ci:x", INSIDE, True),
        (CLUSTER, "system:serviceaccount:ci:x", "https://kubernetes.default.svc", True),
        (CLUSTER, "system:serviceaccount:ci:x", "kubernetes", True),
        (CLUSTER, "system:serviceaccount:ci:x", AUDIENCE, False),
        (KEYCLOAK, ORG, KEYCLOAK, False),
        (GITHUB, BRANCH, "https://github.com/acme", True),
        (GITHUB, BRANCH, "https://github.com/Acme", True),
        (GITHUB, BRANCH, "https://github.com/acme/app", False),
        (GITHUB, BRANCH, "https://githubxcom/acme", False),
        (SERVER, BRANCH, "https://ghe.example/acme", True),
        (GITHUB, BRANCH, "https://ghe.example/acme", False),
    ],
)  # fmt: skip
def test_s08_an_audience_that_tokens_have_unasked_is_warned_of(
    issuer: str, subject: str, audience: str, is_common: bool
) -> None:
    for audiences in ((audience,), (AUDIENCE, audience)):
        found = warnings(entry(issuer, subject, audiences=audiences))
        assert ("audience_common" in found) is is_common


@pytest.mark.parametrize(
    ("subject", "conditions", "is_open"),
    [
        (CALLED, (), True),
        (CALLED.upper(), (), True),
        (CALLED, (PUSH, MAIN), True),
        (CALLED, (OWNER_ID,), False),
        (CALLED, (replace(OWNER_ID, claim="/repository_id"),), False),
        (f"{CALLED}:repository_owner_id:1", (), False),
        (f"{CALLED}:repository:acme/app", (), False),
        (BRANCH, (), False),
    ],
)
def test_an_exact_workflow_that_anybody_may_call_is_warned_of(
    subject: str, conditions: tuple[Condition, ...], is_open: bool
) -> None:
    for match in SubjectMatch:
        trust = entry(GITHUB, subject, conditions=conditions, subject_match=match)
        assert ("caller_open" in warnings(trust)) is is_open
        check(trust)


@pytest.mark.parametrize(
    ("issuer", "subject", "is_guess"),
    [
        (GITHUB, "repo:acme/app:x", False),
        (SERVER, "repo:acme/app:x", False),
        ("https://token.actions.acme.ghe.com", "repo:acme/app:x", False),
        (FORGE, "repo:acme/app:x", True),
        (FORGE, WORKSPACE, True),
        (CLUSTER, "system:serviceaccount:ci:x", False),
    ],
)
def test_a_reason_says_so_where_the_provider_is_a_guess(
    issuer: str, subject: str, is_guess: bool
) -> None:
    trust = entry(issuer, subject)
    reasons = {found.code: found.reason for found in grade(trust).findings}
    like = f"(if its issuer is like {provider_of(trust)}, as its subject is)"
    assert reasons["names_without_ids"].endswith(like) is is_guess
    assert like not in reasons["no_audience"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:acme/app:**", "pull_request"),
        ("repo:acme/app:*", "pull_request"),
        ("repo:acme/*:*", "pull_request"),
        ("repo:acme/**", "pull_request"),
        ("repo:acme/app:pull_*", "pull_request"),
        ("repo:*@1/app@2:**", "pull_request"),
        ("repository_id:12:**", "pull_request"),
        ("repo:acme/app:ref:**", "pull_request_target"),
        ("repo:acme/app:*:*", "pull_request_target"),
        ("repo:acme/app:environment:*", "pull_request_target"),
    ],
)
def test_a_pattern_for_pull_requests_is_told_from_one_that_they_can_use(
    subject: str, expected: str
) -> None:
    about = {c for c in warnings(glob(GITHUB, subject)) if c.startswith("pull_")}
    assert about == {expected}


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


@pytest.mark.parametrize(
    ("issuer", "subject", "provider"),
    [
        (GITHUB, "x", Provider.GITHUB),
        (f"{GITHUB}/acme", "x", Provider.GITHUB),
        ("https://token.actions.acme.ghe.com", "x", Provider.GITHUB),
        ("https://x.acme.ghe.com", "x", Provider.OTHER),
        ("https://token.actions.example", "x", Provider.OTHER),
        ("https://ghe.example/_services/token", "repo:acme/app", Provider.GITHUB),
        (SERVER, "x", Provider.GITHUB),
        ("https:///_services/token", "x", Provider.OTHER),
        (FORGE, CALLED, Provider.GITHUB),
        (TERRAFORM, "x", Provider.TERRAFORM),
        (FORGE, WORKSPACE, Provider.TERRAFORM),
        (FORGE, "organization:acme:pipeline:x", Provider.OTHER),
        (f"{GITHUB}.example", "x", Provider.OTHER),
        ("https://x.example/token.actions.githubusercontent.com", "x", Provider.OTHER),
        ("https://token.actions.githubusercontent.com@x.example", "x", Provider.OTHER),
        (GITLAB, "repo:acme/app", Provider.GITLAB),
        (FORGE, "project_path:acme/app", Provider.GITLAB),
        (BUILDKITE, "x", Provider.BUILDKITE),
        (CIRCLECI, "x", Provider.CIRCLECI),
        (GOOGLE, "x", Provider.GOOGLE),
        (ENTRA, "x", Provider.ENTRA),
        ("https://sts.windows.net/x/", "x", Provider.ENTRA),
        (CLUSTER, "system:serviceaccount:ci:x", Provider.KUBERNETES),
        (CLUSTER, "SYSTEM:serviceaccount:ci:x", Provider.KUBERNETES),
        (CLUSTER, "system:node:x", Provider.OTHER),
        ("http://[::1", "x", Provider.OTHER),
        ("https://", "x", Provider.OTHER),
    ],
)
def test_a_provider_is_known_by_its_host_or_its_subjects(
    issuer: str, subject: str, provider: Provider
) -> None:
    assert provider_of(Entry(issuer, subject)) is provider


def test_what_is_known_of_providers_is_known_of_each() -> None:
    assert set(TRAITS) == set(Provider)


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        *((issuer, False) for issuer in (GITHUB, GITLAB, BUILDKITE, CIRCLECI)),
        *((issuer, False) for issuer in (GOOGLE, ENTRA, CLUSTER, f"{FORGE}/")),
        (f"{GITHUB}/acme-inc", False),
        (f"https://sts.windows.net/{ORG}/", False),
        *((f"{issuer}/", True) for issuer in (GITHUB, GITLAB, BUILDKITE, CIRCLECI)),
        (TERRAFORM, False),
        *((f"{issuer}/", True) for issuer in (GOOGLE, ENTRA, TERRAFORM)),
        (f"https://sts.windows.net/{ORG}", True),
        (f"https://login.microsoftonline.com/{ORG}", True),
        (f"https://login.microsoftonline.com/{ORG}/v2x0", True),
        ("https://login.microsoftonline.com/common/v2.0", True),
        ("https://oidc.circleci.com", True),
        ("https://GitLab.com", True),
        ("http://gitlab.com", True),
        ("https://gitlab.com\n", True),
        ("https://gitlab.com:443", True),
        (f"{GITHUB}/a/b", True),
    ],
)
def test_an_issuer_that_no_token_of_its_provider_names_is_noticed(
    issuer: str, expected: bool
) -> None:
    assert is_misspelt(issuer) is expected


def everything() -> Iterable[Entry]:
    """Trusts of which, between them, all there is to say is said."""
    yield from (glob(issuer, "*") for issuer in (GITHUB, KEYCLOAK))
    yield from (glob(GITHUB, it) for it in ("repo:org*", "repo:*/a:x", "repo:a/b:*"))
    yield entry(GITHUB, BRANCH.replace("@1", ""), ignore_case=True)
    yield from (glob(KEYCLOAK, "*:x"), glob(GITHUB, "repo:acme/app:ref:v*"))
    yield entry("http://127.0.0.1/realms/master", "a*", keys=Signer().jwks())
    yield entry(INSIDE, "system:serviceaccount:ci:x", audiences=("kubernetes",))
    yield from (it(GITHUB, "job_workflow_ref:acme/ci/x:**") for it in (entry, glob))
    yield entry(GITHUB, BRANCH, **with_event(Operator.EQUALS, "issues"))
    yield entry(f"{GITLAB}/", "x", conditions=(Condition("a", Operator.GLOB, ("*",)),))


@pytest.mark.parametrize("trust", [*everything()], ids=lambda trust: trust.subject)
def test_every_finding_has_a_reason_and_a_cure(trust: Entry) -> None:
    facts = grade(trust).facts()
    assert facts["findings"]
    for finding in facts["findings"]:
        assert set(finding) == {"code", "level", "reason", "cure"}
        assert all(text and not text.endswith(".") for text in finding.values())


def test_a_refusal_tells_the_worst_finding_with_its_cure() -> None:
    trust = entry(GITHUB, "*")
    worst = grade(trust).findings[0]
    with pytest.raises(TrustInvalid) as error:
        check(trust)
    assert worst.code == "subject_any"
    assert error.value.message == f"subject: {worst.reason}. {worst.cure}"


def test_the_cure_of_an_open_owner_names_the_ids_that_there_are() -> None:
    (github,) = (f for f in grade(glob(GITHUB, "repo:*/a:x")).findings[:1])
    (cluster,) = (f for f in grade(glob(CLUSTER, "system:**")).findings[:1])
    assert "an id (repository_id, repository_owner_id)" in github.cure
    assert "an id" not in cluster.cure
