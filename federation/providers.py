"""Which provider an issuer is, as far as its name or its subjects tell. Pure.

A trust may name any issuer; of these some rules are known, and the linter uses them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from federation.entries import Entry
from federation.patterns import folded

_NEVER = re.compile(r"(?!)")


class Provider(StrEnum):
    """Issuers whose subjects are understood."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"
    BUILDKITE = "Buildkite"
    CIRCLECI = "CircleCI"
    GOOGLE = "Google"
    ENTRA = "Microsoft Entra ID"
    KUBERNETES = "Kubernetes"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Traits:
    """What holds for every issuer of a provider.

    The patterns are for subjects in lower case. `naming` is the part that says whose
    thing it is and which; `owner` is how far a subject goes until it has said whose,
    be it with a wildcard; `owned`, until it has said so in full; `pinned`, by an id
    that is never given again. `ids` are claims with such ids. `has_names`: subjects
    are made of names that somebody else can have later. `mints_per_call`: a job asks
    for a token whenever it needs one.
    """

    naming: re.Pattern[str] = re.compile(r".*", re.DOTALL)
    owner: re.Pattern[str] = re.compile(r".", re.DOTALL)
    owned: re.Pattern[str] = _NEVER
    pinned: re.Pattern[str] = _NEVER
    ids: frozenset[str] = frozenset()
    has_names: bool = False
    mints_per_call: bool = False


TRAITS: Mapping[Provider, Traits] = {
    Provider.GITHUB: Traits(
        naming=re.compile(r"job_workflow_ref:[^/:@]*(/[^/:@]*)?|[a-z_]+:[^:]*"),
        owner=re.compile(r"[a-z_]+:[^/:]+[/:]"),
        owned=re.compile(
            r"(repo|repository|job_workflow_ref):[^/:@*]+[/@]"
            r"|repository_owner:[^/:@*]+(:|$)"
        ),
        pinned=re.compile(
            r"repo:([*]|[^/:@*]+)@[0-9]+/|repository(_owner)?_id:[0-9]+(:|$)"
        ),
        ids=frozenset({"repository_id", "repository_owner_id"}),
        has_names=True,
        mints_per_call=True,
    ),
    Provider.GITLAB: Traits(
        naming=re.compile(r"project_path:[^:]*"),
        owner=re.compile(r"project_path:[^/:]+/"),
        owned=re.compile(r"project_path:[^/:@*]+/"),
        ids=frozenset({"project_id", "namespace_id"}),
        has_names=True,
        mints_per_call=True,
    ),
    Provider.BUILDKITE: Traits(
        naming=re.compile(r"organization:[^:]*(:pipeline:[^:]*)?"),
        owner=re.compile(r"organization:[^/:]+:"),
        owned=re.compile(r"organization:[^/:@*]+:"),
        ids=frozenset({"organization_id", "pipeline_id", "cluster_id"}),
        has_names=True,
        mints_per_call=True,
    ),
    # Subjects are made of ids.
    Provider.CIRCLECI: Traits(
        naming=re.compile(r"org/[^/]*(/project/[^/]*)?"),
        owner=re.compile(r"org/[^/:]+/"),
        owned=re.compile(r"org/[^/:@*]+/"),
        mints_per_call=True,
    ),
    Provider.KUBERNETES: Traits(
        owner=re.compile(r"system:serviceaccount:[^/:]+:"),
        owned=re.compile(r"system:serviceaccount:[^/:@*]+:"),
    ),
    # A subject is one number.
    Provider.GOOGLE: Traits(),
    Provider.ENTRA: Traits(),
    Provider.OTHER: Traits(),
}

SHARED = {
    "token.actions.githubusercontent.com": Provider.GITHUB,
    "gitlab.com": Provider.GITLAB,
    "agent.buildkite.com": Provider.BUILDKITE,
    "oidc.circleci.com": Provider.CIRCLECI,
    "accounts.google.com": Provider.GOOGLE,
}
"""Hosts where anybody may have an account, and so a token."""

_SPELLINGS = {
    "token.actions.githubusercontent.com": r"(/[A-Za-z0-9-]+)?",
    "gitlab.com": r"",
    "agent.buildkite.com": r"",
    "oidc.circleci.com": r"/org/[0-9a-f-]{36}",
    "accounts.google.com": r"",
    "login.microsoftonline.com": r"/[0-9a-f-]{36}/v2\.0",
    "sts.windows.net": r"/[0-9a-f-]{36}/",
}
_ENTRA_HOSTS = frozenset({"login.microsoftonline.com", "sts.windows.net"})
_BY_SUBJECT = {
    "repo:": Provider.GITHUB,
    "project_path:": Provider.GITLAB,
    "system:serviceaccount:": Provider.KUBERNETES,
}


def host_of(issuer: str) -> str:
    """The host in lower case; empty where there is none."""
    try:
        return urlsplit(issuer).hostname or ""
    except ValueError:
        return ""


def provider_of(entry: Entry) -> Provider:
    """The provider by the issuer's host, else by how its subjects are spelt."""
    host = host_of(entry.issuer)
    if host in SHARED:
        return SHARED[host]
    if host in _ENTRA_HOSTS:
        return Provider.ENTRA
    if host.startswith("token.actions.") and host.endswith(".ghe.com"):
        return Provider.GITHUB
    for start, provider in _BY_SUBJECT.items():
        if folded(entry.subject).startswith(start):
            return provider
    return Provider.OTHER


def is_shared(issuer: str) -> bool:
    """Whether anybody may have a token of this issuer."""
    return host_of(issuer) in SHARED


def is_misspelt(issuer: str) -> bool:
    """Whether the host is known, and no token of it names its issuer like this."""
    host = host_of(issuer)
    if host not in _SPELLINGS:
        return False
    return not re.fullmatch(re.escape(f"https://{host}") + _SPELLINGS[host], issuer)
