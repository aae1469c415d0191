"""What a trust leaves open, of which the linter warns."""

from dataclasses import replace
from typing import Any

import pytest

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.linter import Level, check, grade
from tests.federation.linter.trusts import (
    BRANCH,
    CALLED,
    CLEAN,
    CLUSTER,
    FORGE,
    GITHUB,
    INSIDE,
    KEYCLOAK,
    MAIN,
    ORG,
    OWNER_ID,
    PUSH,
    SERVER,
    entry,
    glob,
    ref,
    warnings,
    with_event,
)
from tests.federation.signer import AUDIENCE, Signer

SERVICE = entry(KEYCLOAK, ORG, audiences=(AUDIENCE,))


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
