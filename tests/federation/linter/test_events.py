"""What starts a job: events and sources that the linter warns of."""

from dataclasses import replace

import pytest

from federation.conditions import Condition, Operator
from federation.entries import SubjectMatch
from federation.linter import Level, grade
from federation.presets.github import EVENTS
from federation.presets.gitlab import SOURCES as GITLAB_SOURCES
from tests.federation.linter.trusts import (
    CLEAN,
    FORGE,
    GITHUB,
    GITLAB,
    OWNER_ID,
    PROJECT_ID,
    PUSH,
    SOURCES,
    entry,
    glob,
    warnings,
    with_event,
)
from tests.federation.signer import AUDIENCE


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
