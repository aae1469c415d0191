"""What a verified token says of the job that it was made for: short texts. Pure.

It is kept beside the robot token that was earned and shown in the audit (R7). Nothing
is decided by it, so a claim of a kind that is not expected is left out, not refused.
A token's own id (`jti`) is never in it: it is half of what single use stands on.
"""

from collections.abc import Mapping
from typing import Any

from federation.conditions import claim_at, outermost

MAX_TEXT = 255
"""Characters of one text; the rest is cut off."""

_MAX_NUMBER = 2**63

_CIRCLECI = "oidc.circleci.com"

CLAIMS: Mapping[str, tuple[str, ...]] = {
    "run_id": ("run_id",),
    "run_attempt": ("run_attempt",),
    "build": ("build_number",),
    "pipeline": ("pipeline_slug", "pipeline_id", f"{_CIRCLECI}/pipeline-id"),
    "job": ("job_id", f"{_CIRCLECI}/job-id"),
    "workflow": ("workflow_ref", "job_workflow_ref", f"{_CIRCLECI}/workflow-id"),
    "commit": ("sha", "build_commit"),
    "ref": ("ref_path", "ref", f"{_CIRCLECI}/vcs-ref", "build_tag", "build_branch"),
    "repository": ("repository", "project_path", f"{_CIRCLECI}/vcs-origin"),
    "repository_id": ("repository_id", "project_id", f"{_CIRCLECI}/project-id"),
    "organization": ("organization_slug",),
    "environment": ("environment",),
    "event": ("event_name", "pipeline_source", "build_source"),
    "actor": ("actor", "user_login"),
    "namespace": ("/kubernetes.io/namespace",),
    "pod": ("/kubernetes.io/pod/name",),
    "node": ("/kubernetes.io/node/name",),
    "service_account": ("/kubernetes.io/serviceaccount/name",),
    "client": ("azp", "client_id", "appid"),
}
"""Our word, and the claims that may hold it: the first that does counts."""

_WHERE = [(word, path, outermost(path)) for word in CLAIMS for path in CLAIMS[word]]
"""Each of them in turn, and the claim without which there is none of that name."""


def provenance(claims: Mapping[str, Any]) -> dict[str, str]:
    """Of all that `claims` say, what tells a reader which job it was."""
    found: dict[str, str] = {}
    for word, path, outer in _WHERE:
        if outer in claims and word not in found:
            text = _text(claim_at(claims, path))
            if text:
                found[word] = text
    return found


def _text(value: Any) -> str:
    """A text or whole number in one printable line; empty for anything else."""
    if isinstance(value, str):
        cut = value[:MAX_TEXT]
        if cut.isprintable():
            return cut
        return "".join(c if c.isprintable() else "?" for c in cut)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _MAX_NUMBER else ""
    return ""
