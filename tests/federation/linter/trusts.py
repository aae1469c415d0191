"""Trusts for the linter: issuers of each provider, and what narrows a subject."""

from typing import Any

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.linter import Level, grade
from tests.federation.signer import AUDIENCE

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


CLEAN = entry(
    GITHUB, BRANCH, audiences=(AUDIENCE,), conditions=(PUSH,), single_use=True
)


def with_event(operator: Operator, *values: str) -> dict[str, Any]:
    return {"conditions": (OWNER_ID, Condition("event_name", operator, values))}


def ref(operator: Operator, *values: str, **changes: Any) -> Condition:
    return Condition(changes.pop("claim", "ref"), operator, values, **changes)
