"""How good a trust is: what in it lets in more than was meant, and the cure. Pure.

A trust that can only be a mistake is refused; one that is open somewhere is warned of.
An exact subject without `*` is never refused (contract 4.1).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from federation.breadth import breadth, called, pins_ids
from federation.casing import name_case, ref_case
from federation.conditions import Condition, Operator
from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.findings import Finding, Grade, Level, warning
from federation.hosts import host_of, is_inside, is_loopback
from federation.patterns import DELIMITERS, folded
from federation.providers import TRAITS, Provider, is_guess, is_misspelt, provider_of
from federation.runs import foreign_runs

__all__ = ["Finding", "Grade", "Level", "check", "grade"]


def grade(entry: Entry) -> Grade:
    """All that there is to say of a trust, whether or not it is in force."""
    findings = [finding for rule in _RULES for finding in rule(entry)]
    findings += _of_provider(entry)
    return Grade(tuple(sorted(findings, key=lambda it: it.level is Level.WARNING)))


def check(entry: Entry) -> None:
    """Raise TrustInvalid, with the reason and the cure, for a trust that is refused."""
    found = grade(entry)
    if found.level is Level.REFUSED:
        worst = found.findings[0]
        raise TrustInvalid(f"subject: {worst.reason}. {worst.cure}")


def _of_provider(entry: Entry) -> Iterator[Finding]:
    """What holds at the provider; where that is a guess, the reason says so."""
    guess = ""
    if is_guess(entry):
        guess = f" (if its issuer is like {provider_of(entry)}, as its subject is)"
    for rule in _PROVIDER_RULES:
        for finding in rule(entry):
            yield replace(finding, reason=finding.reason + guess)


def _audience(entry: Entry) -> Iterator[Finding]:
    if not entry.audiences:
        yield warning(
            "no_audience",
            "Tokens that were made for other services are taken as well",
            "Name the audience that a token for this registry is made for",
        )
    if any(_is_common(audience, entry) for audience in entry.audiences):
        yield warning(
            "audience_common",
            "One of the audiences is in tokens that nobody asked to be for this"
            " registry, so whoever is shown such a token can use it here",
            "Name only an audience of this registry's own, and have jobs ask for it",
        )


def _issuer(entry: Entry) -> Iterator[Finding]:
    if entry.issuer.startswith("http://"):
        yield warning(
            "issuer_http",
            "Whoever is between here and the issuer can replace its keys",
            "Use an issuer that has an https:// URL",
        )
    if is_misspelt(entry.issuer):
        yield warning(
            "issuer_unknown_form",
            "No token of this provider names its issuer like this; it is compared"
            " byte for byte",
            "Copy the claim `iss` from a token",
        )
    if entry.issuer.rstrip("/").endswith("/realms/master"):
        yield warning(
            "keycloak_master",
            "The realm master is for those who administer the other realms",
            "Keep jobs in a realm of their own",
        )


def _issuer_host(entry: Entry) -> Iterator[Finding]:
    if is_loopback(entry.issuer):
        yield warning(
            "issuer_loopback",
            "The issuer is this machine, and any program on it can be that",
            "Use an issuer that has a name of its own",
        )
    if is_inside(entry.issuer) and not entry.keys:
        yield warning(
            "issuer_means_host_cluster",
            "The issuer has a name that means another in each cluster or network, and"
            " is looked up in that of this site",
            "Give the keys of the issuer that is meant",
        )


def _own_keys(entry: Entry) -> Iterator[Finding]:
    if entry.keys:
        yield warning(
            "own_keys",
            "The issuer is not asked for its keys, so one that it withdraws stays good",
            "Leave the keys out if the issuer can be reached; else renew them with it",
        )


def _names(entry: Entry) -> Iterator[Finding]:
    traits = TRAITS[provider_of(entry)]
    if traits.has_names and not pins_ids(entry):
        yield warning(
            "names_without_ids",
            "A name that is given up can be somebody else's, and is let in then",
            f"Add a condition on {' or '.join(sorted(traits.ids))}",
        )


def _conditions(entry: Entry) -> Iterator[Finding]:
    if any(map(_asks_nothing, entry.conditions)):
        yield warning(
            "condition_any",
            "A condition is nothing but wildcards, so any text will do",
            "Say what the claim must be",
        )


def _single_use(entry: Entry) -> Iterator[Finding]:
    if TRAITS[provider_of(entry)].mints_per_call and not entry.single_use:
        yield warning(
            "reusable",
            "A token that leaks, in a log for one, can be used again until it expires",
            "Set single_use: a job can have a new token for every exchange",
        )


def _asks_nothing(condition: Condition) -> bool:
    return condition.operator is Operator.GLOB and any(
        "*" in value and not value.strip(f"*{DELIMITERS}")
        for value in map(str, condition.values)
    )


def _is_common(audience: str, entry: Entry) -> bool:
    """Whether the provider puts it into tokens where no audience is asked for."""
    if audience == "account":
        return "/realms/" in entry.issuer
    provider = provider_of(entry)
    if provider is Provider.GITHUB:
        host = re.escape(host_of(entry.issuer))
        usual = rf"https://(github\.com|{host})/[^/]+"
        return re.fullmatch(usual, folded(audience)) is not None
    if provider is Provider.KUBERNETES:
        return audience in _OF_API_SERVER or audience == entry.issuer
    return False


_OF_API_SERVER = frozenset(
    {
        "kubernetes",
        "https://kubernetes.default",
        "https://kubernetes.default.svc",
        "https://kubernetes.default.svc.cluster.local",
    }
)

_RULES: Iterable[Callable[[Entry], Iterator[Finding]]] = (
    _audience,
    _issuer,
    _issuer_host,
    _own_keys,
    _conditions,
    ref_case,
)
_PROVIDER_RULES: Iterable[Callable[[Entry], Iterator[Finding]]] = (
    breadth,
    called,
    _names,
    foreign_runs,
    name_case,
    _single_use,
)
