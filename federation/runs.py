"""Whose changes run in the jobs that a trust lets in. Pure.

The subject alone does not tell: a run for somebody's pull request can have that of the
branch which the request wants to get into.
"""

from collections.abc import Iterator

from federation import triggers
from federation.breadth import claim_name
from federation.entries import Entry, SubjectMatch
from federation.findings import Finding, warning
from federation.patterns import folded, has_wildcard, matches
from federation.providers import TRAITS, Provider, provider_of
from federation.triggers import Triggers

_TRIGGERS = {
    Provider.GITHUB: triggers.GITHUB,
    Provider.GITLAB: triggers.GITLAB,
}
_EXAMPLES = 3


def foreign_runs(entry: Entry) -> Iterator[Finding]:
    """What there is to say of runs that need no right to write."""
    provider = provider_of(entry)
    if provider not in _TRIGGERS:
        return
    known = _TRIGGERS[provider]
    foreign = _foreign(entry, known)
    requests = foreign.intersection(known.requests)
    if requests:
        yield _of_requests(entry, provider, requests)
    if foreign > requests and _asks(entry, known):
        yield _of_others(foreign - requests, known)


def _foreign(entry: Entry, known: Triggers) -> set[str]:
    """What is not trusted and let in, of all that is known or named by the trust."""
    asked = [c for c in entry.conditions if claim_name(c) == known.claim]
    named = {
        value
        for condition in asked
        for value in condition.values
        if isinstance(value, str) and not has_wildcard(value)
    }
    return {
        value
        for value in {*known.requests, *known.others, *named}
        if folded(value) not in known.trusted
        and all(condition.holds({known.claim: value}) for condition in asked)
    }


def _asks(entry: Entry, known: Triggers) -> bool:
    return any(claim_name(c) == known.claim for c in entry.conditions)


def _of_requests(entry: Entry, provider: Provider, requests: set[str]) -> Finding:
    if provider is Provider.GITLAB:
        return warning(
            "merge_request",
            "Pipelines of merge requests are let in, whose ref can be a fork's branch",
            f"{_LIST} pipeline_source that lists the sources that are meant, such as"
            " push and web",
        )
    if "pull_request" in requests and _may_be_pull_request(entry):
        return warning(
            "pull_request",
            "Runs for pull requests are let in, before anybody has read the changes",
            "Name a branch or an environment instead",
        )
    return warning(
        "pull_request_target",
        "Runs for pull requests can have the subject of a branch or environment",
        f"{_LIST} event_name that lists the events that are meant, such as push and"
        " workflow_dispatch",
    )


_LIST = "Add a condition on"


def _of_others(foreign: set[str], known: Triggers) -> Finding:
    """A value that only the trust knows is not repeated: it may be any text."""
    examples = [value for value in known.others if value in foreign][:_EXAMPLES]
    such = f": {', '.join(examples)}" if examples else ""
    return warning(
        "foreign_event",
        f"It lets in {known.noun} that no preset takes, as others may be behind"
        f" them{such}",
        f"Take only {', '.join(known.trusted)} in the condition on {known.claim}",
    )


def _may_be_pull_request(entry: Entry) -> bool:
    subject = entry.subject
    if entry.subject_match is SubjectMatch.EXACT:
        return folded(subject).endswith(":pull_request")
    named = TRAITS[Provider.GITHUB].naming.match(folded(subject))
    thing = subject[: named.end()] if named else subject
    run = f"{thing.replace('*', 'x')}:pull_request"
    return matches(subject, run, ignore_case=entry.ignore_case)
