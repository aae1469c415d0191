"""Which provider an issuer is, as far as its name or its subjects tell. Pure.

A trust may name any issuer; of these some rules are known, and the linter uses them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from federation.entries import Entry
from federation.hosts import host_of
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
    TERRAFORM = "HCP Terraform"
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
    # A run phase has one token for all that it does.
    Provider.TERRAFORM: Traits(
        naming=re.compile(r"organization:[^:]*(:project:[^:]*(:workspace:[^:]*)?)?"),
        owner=re.compile(r"organization:[^/:]+:"),
        owned=re.compile(r"organization:[^/:@*]+:"),
        ids=frozenset(
            {
                "terraform_organization_id",
                "terraform_project_id",
                "terraform_workspace_id",
            }
        ),
        has_names=True,
    ),
    # A cluster's namespace has no id in a token.
    Provider.KUBERNETES: Traits(
        owner=re.compile(r"system:serviceaccount:[^/:]+:"),
        owned=re.compile(r"system:serviceaccount:[^/:@*]+:"),
        ids=frozenset({"/kubernetes.io/serviceaccount/uid"}),
        has_names=True,
    ),
    # A subject is one number.
    Provider.GOOGLE: Traits(),
    # A tenant has an issuer of its own, so whatever the subject is, it is the tenant's.
    Provider.ENTRA: Traits(owned=re.compile(r"")),
    Provider.OTHER: Traits(),
}

SHARED = {
    "token.actions.githubusercontent.com": Provider.GITHUB,
    "gitlab.com": Provider.GITLAB,
    "agent.buildkite.com": Provider.BUILDKITE,
    "oidc.circleci.com": Provider.CIRCLECI,
    "accounts.google.com": Provider.GOOGLE,
    "app.terraform.io": Provider.TERRAFORM,
}
"""Hosts where anybody may have an account, and so a token."""

_SPELLINGS = {
    "token.actions.githubusercontent.com": r"(/[A-Za-z0-9-]+)?",
    "gitlab.com": r"",
    "agent.buildkite.com": r"",
    "oidc.circleci.com": r"/org/[0-9a-f-]{36}",
    "accounts.google.com": r"",
    "app.terraform.io": r"",
    "login.microsoftonline.com": r"/[0-9a-f-]{36}/v2\.0",
    "sts.windows.net": r"/[0-9a-f-]{36}/",
}
_ENTRA_HOSTS = frozenset({"login.microsoftonline.com", "sts.windows.net"})
_ENTERPRISE_SERVER = "/_services/token"
_BY_SUBJECT = {
    Provider.GITHUB: re.compile(r"(repo|repository(_owner)?(_id)?|job_workflow_ref):"),
    Provider.GITLAB: re.compile(r"project_path:"),
    Provider.TERRAFORM: re.compile(r"organization:[^:]*:project:"),
    Provider.KUBERNETES: re.compile(r"system:serviceaccount:"),
}


def provider_of(entry: Entry) -> Provider:
    """The provider by the issuer, else by how its subjects are spelt."""
    return _by_issuer(entry.issuer) or _by_subject(entry.subject) or Provider.OTHER


def is_guess(entry: Entry) -> bool:
    """Whether only the subject looks like one of the provider's.

    Other software has subjects of GitHub's form. No other has those of Kubernetes,
    whose issuers may have any name.
    """
    if _by_issuer(entry.issuer):
        return False
    return provider_of(entry) not in (Provider.KUBERNETES, Provider.OTHER)


def is_misspelt(issuer: str) -> bool:
    """Whether the host is known, and no token of it names its issuer like this."""
    host = host_of(issuer)
    if host not in _SPELLINGS:
        return False
    return not re.fullmatch(re.escape(f"https://{host}") + _SPELLINGS[host], issuer)


def _by_issuer(issuer: str) -> Provider | None:
    host = host_of(issuer)
    if host in SHARED:
        return SHARED[host]
    if host in _ENTRA_HOSTS:
        return Provider.ENTRA
    if host.startswith("token.actions.") and host.endswith(".ghe.com"):
        return Provider.GITHUB
    return Provider.GITHUB if host and issuer.endswith(_ENTERPRISE_SERVER) else None


def _by_subject(subject: str) -> Provider | None:
    text = folded(subject)
    for provider, spelling in _BY_SUBJECT.items():
        if spelling.match(text):
            return provider
    return None
