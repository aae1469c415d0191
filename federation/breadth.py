"""Whom the subject of a trust lets in: too many, or not those who were meant. Pure.

What is refused here lets in strangers, by what the pattern says and not by accident.
"""

import re
from collections.abc import Iterator

from federation import patterns
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.findings import Finding, Level
from federation.providers import TRAITS, Provider, is_shared, provider_of

_RUN = re.compile(r"\*+")
_NAMES = "Name the owner and the thing in full, and end both with their delimiter"
_STRANGERS = (
    "system:serviceaccount:stranger:default",
    "repo:stranger/thing:ref:refs/heads/main",
    "project_path:stranger/thing:ref_type:branch:ref:main",
)
"""Subjects of nobody in particular: a pattern for one of them is for all."""


def breadth(entry: Entry) -> Iterator[Finding]:
    """What there is to say of the wildcards of a trust."""
    if not patterns.has_wildcard(entry.subject):
        return
    if not entry.subject.strip(f"*{patterns.DELIMITERS}"):
        yield _refused(
            "subject_any",
            "The subject is nothing but wildcards, so it is that of every token",
            "Say whose tokens are let in",
        )
    elif entry.subject_match is SubjectMatch.EXACT:
        yield _of_literal(entry)
    else:
        yield from _of_glob(entry)


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
    return _warning(
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
        yield _refused(
            "wildcard_before_owner",
            "A wildcard stands where the subject should say whose tokens are let in",
            _NAMES,
        )
    elif _is_open(entry):
        yield _refused(
            "owner_open",
            "A wildcard leaves open whose tokens are let in, and strangers have some",
            f"{_NAMES}{_or_pin(traits.ids)}",
        )
    elif subject.startswith("*"):
        yield _warning(
            "wildcard_first",
            "The subject begins with a wildcard, so only its end is asked for",
            "Begin with what is always the same",
        )
    if _cuts(subject, end, len(subject)):
        yield _warning(
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
    provider = provider_of(entry)
    if provider is Provider.OTHER:
        return any(
            patterns.matches(entry.subject, who, ignore_case=entry.ignore_case)
            for who in _STRANGERS
        )
    if provider is Provider.KUBERNETES:
        return _names_no_owner(entry)
    return is_shared(entry.issuer) and _names_no_owner(entry) and not pins_ids(entry)


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
    return _refused(
        "wildcard_cuts_name",
        "A wildcard stands for part of a name: `acme*` is also `acme-of-mallory`",
        _NAMES,
    )


def _refused(code: str, reason: str, cure: str) -> Finding:
    return Finding(code, Level.REFUSED, reason, cure)


def _warning(code: str, reason: str, cure: str) -> Finding:
    return Finding(code, Level.WARNING, reason, cure)
