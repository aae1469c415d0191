"""What may have started a run, at the providers whose tokens tell. Pure.

Presets offer what is trusted here, and the linter warns of a trust that takes more:
one list for both, so that neither says what the other does not.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Triggers:
    """Values of `claim`, and `noun` for what the provider calls them.

    It takes a right to write to cause what is `trusted`. With one of `requests` a run
    does what the author of a change wrote, before anybody took it over. The `others`
    are known as well: a stranger can be behind most of them, and no job that
    publishes needs them.
    """

    claim: str
    noun: str
    trusted: tuple[str, ...]
    requests: tuple[str, ...]
    others: tuple[str, ...]


GITHUB = Triggers(
    claim="event_name",
    noun="events",
    trusted=(
        "push",
        "release",
        "schedule",
        "workflow_dispatch",
        "repository_dispatch",
        "create",
        "merge_group",
        "registry_package",
    ),
    requests=("pull_request", "pull_request_target"),
    others=(
        "workflow_run",
        "issue_comment",
        "issues",
        "discussion",
        "discussion_comment",
        "pull_request_review",
        "pull_request_review_comment",
        "fork",
        "watch",
        "gollum",
        "check_run",
        "check_suite",
        "status",
        "workflow_call",
        "dynamic",
        "branch_protection_rule",
        "delete",
        "deployment",
        "deployment_status",
        "image_version",
        "label",
        "milestone",
        "page_build",
        "project",
        "project_card",
        "project_column",
        "public",
    ),
)
"""By "Events that trigger workflows" (docs.github.com). `workflow_run` follows other
runs, those for pull requests among them, with the default branch in its subject."""

GITLAB = Triggers(
    claim="pipeline_source",
    noun="sources",
    trusted=("push", "schedule", "web", "webide", "api", "trigger", "pipeline", "chat"),
    requests=("merge_request_event", "parent_pipeline", "external_pull_request_event"),
    others=(
        "external",
        "ondemand_dast_scan",
        "ondemand_dast_validation",
        "security_orchestration_policy",
        "pipeline_execution_policy_schedule",
        "container_registry_push",
        "duo_workflow",
        "unknown",
    ),
)
"""By `CI_PIPELINE_SOURCE` (docs.gitlab.com). The parent of a `parent_pipeline` may be
that of a merge request."""
