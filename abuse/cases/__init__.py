"""All cases, in the order in which they run: those that may be throttled come last."""

from abuse.case import Case
from abuse.cases import (
    answers,
    api,
    assertions,
    inside,
    issuers,
    registry_tokens,
    scopes,
    secrets,
    trusts,
)

ALL: tuple[Case, ...] = (
    *answers.CASES,
    *registry_tokens.CASES,
    *scopes.CASES,
    *api.CASES,
    *assertions.CASES,
    *issuers.CASES,
    *trusts.CASES,
    *secrets.CASES,
    *answers.AT_THE_END,
    *inside.CASES,
)
"""Each number once, or with a letter behind it."""
