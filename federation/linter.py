"""How good a trust is: what in it lets in more than was meant, and the cure. Pure.

A trust that can only be a mistake is refused; one that is open somewhere is warned of.
An exact subject without `*` is never refused (contract 4.1).
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator

from federation.breadth import breadth, claim_name, pins_ids
from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.errors import TrustInvalid
from federation.findings import Finding, Grade, Level
from federation.patterns import DELIMITERS, folded, matches
from federation.providers import (
    TRAITS,
    Provider,
    host_of,
    is_misspelt,
    provider_of,
)

__all__ = ["Finding", "Grade", "Level", "check", "grade"]


def grade(entry: Entry) -> Grade:
    """All that there is to say of a trust, whether or not it is in force."""
    findings = [finding for rule in _RULES for finding in rule(entry)]
    return Grade(tuple(sorted(findings, key=lambda it: it.level is Level.WARNING)))


def check(entry: Entry) -> None:
    """Raise TrustInvalid, with the reason and the cure, for a trust that is refused."""
    found = grade(entry)
    if found.level is Level.REFUSED:
        worst = found.findings[0]
        raise TrustInvalid(f"subject: {worst.reason}. {worst.cure}")


def _audience(entry: Entry) -> Iterator[Finding]:
    if not entry.audiences:
        yield _warning(
            "no_audience",
            "Tokens that were made for other services are taken as well",
            "Name the audience that a token for this registry is made for",
        )


def _issuer(entry: Entry) -> Iterator[Finding]:
    if entry.issuer.startswith("http://"):
        yield _warning(
            "issuer_http",
            "Whoever is between here and the issuer can replace its keys",
            "Use an issuer that has an https:// URL",
        )
    if _is_loopback(host_of(entry.issuer)):
        yield _warning(
            "issuer_loopback",
            "The issuer is this machine, and any program on it can be that",
            "Use an issuer that has a name of its own",
        )
    if is_misspelt(entry.issuer):
        yield _warning(
            "issuer_unknown_form",
            "No token of this provider names its issuer like this; it is compared"
            " byte for byte",
            "Copy the claim `iss` from a token",
        )
    if entry.issuer.rstrip("/").endswith("/realms/master"):
        yield _warning(
            "keycloak_master",
            "The realm master is for those who administer the other realms",
            "Keep jobs in a realm of their own",
        )


def _own_keys(entry: Entry) -> Iterator[Finding]:
    if entry.keys:
        yield _warning(
            "own_keys",
            "The issuer is not asked for its keys, so one that it withdraws stays good",
            "Leave the keys out if the issuer can be reached; else renew them with it",
        )


def _names(entry: Entry) -> Iterator[Finding]:
    traits = TRAITS[provider_of(entry)]
    if traits.has_names and not pins_ids(entry):
        yield _warning(
            "names_without_ids",
            "A name that is given up can be somebody else's, and is let in then",
            f"Add a condition on {' or '.join(sorted(traits.ids))}",
        )


def _conditions(entry: Entry) -> Iterator[Finding]:
    if any(map(_asks_nothing, entry.conditions)):
        yield _warning(
            "condition_any",
            "A condition is nothing but wildcards, so any text will do",
            "Say what the claim must be",
        )


def _pull_requests(entry: Entry) -> Iterator[Finding]:
    """What a pull request runs, its author wrote.

    With pull_request_target the subject is that of the branch it wants to get into.
    """
    if provider_of(entry) is not Provider.GITHUB:
        return
    if _may_be_pull_request(entry) and _allows_event(entry, "pull_request"):
        yield _warning(
            "pull_request",
            "Runs for pull requests are let in, before anybody has read the changes",
            "Name a branch or an environment instead",
        )
    elif any(_allows_event(entry, event) for event in _PULL_REQUEST_EVENTS):
        yield _warning(
            "pull_request_target",
            "Runs for pull requests can have the subject of a branch or environment",
            "Add a condition on event_name that lists the events that are meant,"
            " such as push and workflow_dispatch",
        )


_PULL_REQUEST_EVENTS = ("pull_request", "pull_request_target")


def _ref_case(entry: Entry) -> Iterator[Finding]:
    """Git minds case in branches and tags, wherever they are kept."""
    if entry.ignore_case and ":ref:" in folded(entry.subject) and not _minds_ref(entry):
        yield _warning(
            "ref_ignores_case",
            "The branches `main` and `MAIN` are two, and both are let in",
            "Add a condition on ref that minds case",
        )


def _name_case(entry: Entry) -> Iterator[Finding]:
    """GitHub minds case in no name of an owner or repository; ids decide anyway."""
    if provider_of(entry) is not Provider.GITHUB or entry.ignore_case:
        return
    if entry.subject_match is SubjectMatch.EXACT and not pins_ids(entry):
        yield _warning(
            "case_sensitive",
            "Names are the same there in any case, but this subject is not: a token"
            " with another spelling is refused",
            "Pin the ids, and set ignore_case with a condition on ref that minds case",
        )


def _single_use(entry: Entry) -> Iterator[Finding]:
    if TRAITS[provider_of(entry)].mints_per_call and not entry.single_use:
        yield _warning(
            "reusable",
            "A token that leaks, in a log for one, can be used again until it expires",
            "Set single_use: a job can have a new token for every exchange",
        )


def _may_be_pull_request(entry: Entry) -> bool:
    subject = entry.subject
    if entry.subject_match is SubjectMatch.EXACT:
        return folded(subject).endswith(":pull_request")
    named = TRAITS[Provider.GITHUB].naming.match(folded(subject))
    thing = subject[: named.end()] if named else subject
    run = f"{thing.replace('*', 'x')}:pull_request"
    return matches(subject, run, ignore_case=entry.ignore_case)


def _asks_nothing(condition: Condition) -> bool:
    return condition.operator is Operator.GLOB and any(
        "*" in value and not value.strip(f"*{DELIMITERS}")
        for value in map(str, condition.values)
    )


def _allows_event(entry: Entry, event: str) -> bool:
    asked = [c for c in entry.conditions if claim_name(c) == "event_name"]
    return all(condition.holds({condition.claim: event}) for condition in asked)


def _minds_ref(entry: Entry) -> bool:
    asked = [c for c in entry.conditions if claim_name(c) in _REFS]
    return any(not condition.ignore_case for condition in asked)


_REFS = frozenset({"ref", "build_branch", "build_tag"})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _warning(code: str, reason: str, cure: str) -> Finding:
    return Finding(code, Level.WARNING, reason, cure)


_RULES: Iterable[Callable[[Entry], Iterator[Finding]]] = (
    breadth,
    _audience,
    _issuer,
    _own_keys,
    _names,
    _conditions,
    _pull_requests,
    _ref_case,
    _name_case,
    _single_use,
)
