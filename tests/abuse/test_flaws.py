"""A kit that cannot fail is worth nothing: each flaw is found, by its cases alone."""

import pytest

from abuse.case import Case
from abuse.cases import (
    ALL,
    answers,
    api,
    assertions,
    issuers,
    registry_tokens,
    scopes,
    secrets,
    trusts,
)
from abuse.verdict import Outcome
from tests.abuse.attacks import FROM_INSIDE, attacked, ended, told
from tests.abuse.stub.server import serving

FLAWS = {
    "says error=": {"H-01"},
    "breaks on bad base64": {"H-02"},
    "takes the unreadable for nobody": {"H-02"},
    "breaks on odd scopes": {"H-03", "S-23a"},
    "breaks on bad forms": {"H-04"},
    "echoes TRACE": {"H-05"},
    "lets tokens be cached": {"H-06"},
    "shows its stack": {"H-07"},
    "shows secrets": {"H-07"},
    "signs for a day": {"H-08", "S-27b"},
    "signs for nobody in particular": {"H-08"},
    "repeats its jti": {"H-08"},
    "signs with a password": {"H-08"},
    "registry takes alg none": {"H-09"},
    "registry ignores signatures": {"H-09"},
    "takes its own tokens": {"H-10"},
    "widens scopes": {"S-23a", "S-25"},
    "lets robots everywhere": {"S-01", "S-03", "S-23a", "S-23b", "S-23c", "S-25"},
    "says 404 for what is missing": {"S-23c"},
    "has a default password": {"S-24"},
    "uses refresh tokens up": {"S-25"},
    "reads half of refresh tokens": {"S-25"},
    "locks everybody out": {"S-26"},
    "keeps old secrets": {"S-27a"},
    "lets the disabled in": {"S-27a"},
    "reads 72 bytes": {"S-32a"},
    "ignores case of secrets": {"S-32a"},
    "is slow for known names": {"S-32b"},
    "believes names": {"S-03"},
    "takes bare names": {"S-04"},
    "shows secrets in lists": {"S-05"},
    "grants across namespaces": {"S-01"},
    "grants anything": {"S-01"},
    "lets anybody at robots": {"S-02a", "S-05"},
    "shows foreign lists": {"S-02b"},
    "ignores audiences": {"S-06", "S-07", "S-08"},
    "looks for audiences within": {"S-08"},
    "breaks on wrong types": {"S-09"},
    "takes a list for iss": {"S-10"},
    "believes the jwk header": {"S-11"},
    "fetches jku": {"S-11"},
    "takes alg none": {"S-12"},
    "mixes HMAC and keys": {"S-12"},
    "takes any algorithm": {"S-13"},
    "fetches each kid": {"S-14"},
    "asks any issuer": {"S-15a"},
    "follows redirects": {"S-15b"},
    "reads any URL": {"S-15c"},
    "believes any discovery": {"S-16"},
    "drops audiences": {"S-06", "S-07", "S-08"},
    "mixes trusts": {"S-07"},
    "lets stars cross": {"S-18"},
    "takes every subject for a pattern": {"S-18", "S-19"},
    "stores broad patterns": {"S-19"},
    "ignores case of subjects": {"S-20"},
    "takes tokens twice": {"S-21"},
    "drops unknown keys": {"S-22"},
    "passes over crit": {"S-30"},
    "remembers by jti": {"S-31"},
}
"""Of each flaw the cases that fail."""

_GROUPS = (
    (*answers.CASES, *answers.AT_THE_END),
    registry_tokens.CASES,
    scopes.CASES,
    api.CASES,
    assertions.CASES,
    issuers.CASES,
    trusts.CASES,
    secrets.CASES,
)


def test_a_sound_service_withstands_everything() -> None:
    with serving() as stub:
        report = attacked(stub)
    assert told(report, Outcome.FAIL) == []
    assert ended(report, Outcome.NOT_APPLICABLE) == FROM_INSIDE
    assert len(report.results) == len(ALL) == len({c.number for c in ALL})


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found_by_its_cases_and_no_others(flaw: str) -> None:
    with serving(flaw) as stub:
        report = attacked(stub, _around(FLAWS[flaw]))
    assert ended(report, Outcome.FAIL) == FLAWS[flaw], told(report, Outcome.FAIL)


def _around(expected: set[str]) -> list[Case]:
    """The groups that have these cases, whole."""
    return [
        case
        for group in _GROUPS
        if expected & {case.number for case in group}
        for case in group
    ]


def test_every_case_that_can_fail_does_so_for_some_flaw() -> None:
    found = set().union(*FLAWS.values())
    assert found == {case.number for case in ALL} - FROM_INSIDE
