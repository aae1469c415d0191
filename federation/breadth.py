"""Whom the subject of a trust lets in: too many, or not those who were meant. Pure.

What is refused here lets in strangers, by what the pattern says and not by accident.
"""

import re
from collections.abc import Iterator

from federation import patterns
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.findings import Finding, refusal, warning
from federation.providers import TRAITS, Provider, provider_of

_RUN = re.compile(r"\*+")
_NAMES = "Name the owner and the thing in full, and end both with their delimiter"
_STRANGERS = (
    "system:serviceaccount:stranger:default",
    "repo:stranger/thing:ref:refs/heads/main",
    "project_path:stranger/thing:ref_type:branch:ref:main",
    "organization:stranger:project:thing:workspace:main:run_phase:apply",
)
"""Subjects of nobody in particular: a pattern for one of them is for all."""
_OPEN_ORGANIZATION = re.compile(r"organization:[^:]*[*]")
_CALLED = "job_workflow_ref:"
_CALLER = re.compile(r":(repo|repository(_owner)?(_id)?):[^/:@*]+([/:@]|$)")


def breadth(entry: Entry) -> Iterator[Finding]:
    """What there is to say of the wildcards of a trust."""
    if not patterns.has_wildcard(entry.subject):
        return
    if not entry.subject.strip(f"*{patterns.DELIMITERS}"):
        yield refusal(
            "subject_any",
            "The subject is nothing but wildcards, so it is that of every token",
            "Say whose tokens are let in",
        )
    elif entry.subject_match is SubjectMatch.EXACT:
        yield _of_literal(entry)
    else:
        yield from _of_glob(entry)


def called(entry: Entry) -> Iterator[Finding]:
    """Whether it asks which workflow is called, but not who calls it.

    `job_workflow_ref` is a claim of GitHub on the workflow that a job calls.
    """
    if provider_of(entry) is not Provider.GITHUB or not _names_called_only(entry):
        return
    is_glob = entry.subject_match is SubjectMatch.GLOB
    is_wide = is_glob and patterns.has_wildcard(entry.subject)
    yield (refusal if is_wide else warning)(
        "caller_open",
        "The subject says which workflow is called, and anybody may call a public one",
        "Add a condition on repository_owner_id or repository_id, which say whose"
        " repository calls it",
    )


def pins_ids(entry: Entry) -> bool:
    """Whether it asks for an id that is never given to another."""
    traits = TRAITS[provider_of(entry)]
    by_condition = any(_is_fixed(c, traits.ids) for c in entry.conditions)
    return by_condition or bool(traits.pinned.match(patterns.folded(entry.subject)))


def claim_name(condition: Condition) -> str:
    """The name of its claim, also where it is written as a pointer."""
    name = condition.claim.removeprefix("/")
    return condition.claim if "/" in name else name


def _of_literal(entry: Entry) -> Finding:
    """In a subject that is compared as it is, `*` is a character."""
    has_names = TRAITS[provider_of(entry)].has_names
    whole = len(entry.subject)
    if has_names and _names_no_owner(entry) and _cuts(entry.subject, 0, whole):
        return _cut()
    return warning(
        "literal_wildcard",
        "The subject is compared as it is, so its `*` is not a wildcard",
        "Set subject_match to glob if a wildcard was meant",
    )


def _of_glob(entry: Entry) -> Iterator[Finding]:
    subject = patterns.folded(entry.subject)
    traits = TRAITS[provider_of(entry)]
    named = traits.naming.match(subject)
    end = named.end() if named else len(subject)
    if _cuts(subject, 0, end):
        yield _cut()
    if not traits.owner.match(subject.split("**")[0]):
        yield refusal(
            "wildcard_before_owner",
            "A wildcard stands where the subject should say whose tokens are let in",
            _NAMES,
        )
    elif _is_open(entry):
        yield refusal(
            "owner_open",
            "A wildcard leaves open whose tokens are let in, and strangers have some",
            f"{_NAMES}{_or_pin(traits.ids)}",
        )
    elif subject.startswith("*"):
        yield warning(
            "wildcard_first",
            "The subject begins with a wildcard, so only its end is asked for",
            "Begin with what is always the same",
        )
    if _cuts(subject, end, len(subject)):
        yield warning(
            "wildcard_cuts_rest",
            "A wildcard stands for part of a name: `main*` is also `main-of-mallory`",
            "Let wildcards stand for whole parts, or see to it that nobody else can"
            " make a branch or tag of such a name",
        )


def _or_pin(ids: frozenset[str]) -> str:
    names = ", ".join(sorted(ids))
    return f", or add a condition on an id ({names})" if ids else ""


def _is_open(entry: Entry) -> bool:
    """Whether a stranger can have a token with such a subject."""
    if provider_of(entry) is Provider.OTHER:
        subject = patterns.folded(entry.subject)
        return bool(_OPEN_ORGANIZATION.match(subject)) or any(
            patterns.matches(entry.subject, who, ignore_case=entry.ignore_case)
            for who in _STRANGERS
        )
    return _names_no_owner(entry) and not pins_ids(entry)


def _names_called_only(entry: Entry) -> bool:
    subject = patterns.folded(entry.subject)
    names_caller = _CALLER.search(subject) or pins_ids(entry)
    return subject.startswith(_CALLED) and not names_caller


def _names_no_owner(entry: Entry) -> bool:
    traits = TRAITS[provider_of(entry)]
    subject = patterns.folded(entry.subject)
    return not (traits.owned.match(subject) or traits.pinned.match(subject))


def _is_fixed(condition: Condition, ids: frozenset[str]) -> bool:
    return claim_name(condition) in ids and condition.operator is not Operator.GLOB


def _cuts(subject: str, begin: int, end: int) -> bool:
    """Whether a wildcard that begins between the two stands for part of a name."""
    bounded = f":{subject}:"
    return any(
        bounded[run.start()] not in patterns.DELIMITERS
        or bounded[run.end() + 1] not in patterns.DELIMITERS
        for run in _RUN.finditer(subject)
        if begin <= run.start() < end
    )


def _cut() -> Finding:
    return refusal(
        "wildcard_cuts_name",
        "A wildcard stands for part of a name: `acme*` is also `acme-of-mallory`",
        _NAMES,
    )
