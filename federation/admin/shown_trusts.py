"""A trust in words: what it says, what it leaves open, what became of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format

from federation import trust_facts
from federation.entries import Entry, SubjectMatch
from federation.linter import Finding, Level, grade
from federation.models import Trust
from robots.admin.ends import local


class Badge(NamedTuple):
    """A label: its class, and its text."""

    style: str
    text: str


BADGES = {
    Level.OK: Badge("qs-badge--good", "Ok"),
    Level.WARNING: Badge("qs-badge--warning", "Warning"),
    Level.REFUSED: Badge("qs-badge--bad", "Refused"),
}
"""What the linter's grades are called here."""

_OFF = Badge("", "Disabled")
_ENDED = Badge("qs-badge--bad", "Ended")
_ON = Badge("qs-badge--good", "Enabled")


@dataclass(frozen=True, slots=True)
class ShownTrust:
    """One trust, stored or only planned."""

    trust: Trust
    findings: tuple[Finding, ...]
    state: Badge
    grade: Badge
    said: tuple[tuple[str, tuple[str, ...]], ...]


def shown(trust: Trust) -> ShownTrust:
    """What there is to show of one trust."""
    entry = trust.entry
    found = grade(entry)
    return ShownTrust(
        trust,
        found.findings,
        _state(entry),
        BADGES[found.level],
        tuple((name, tuple(lines)) for name, lines in _said(entry)),
    )


def _state(entry: Entry) -> Badge:
    if not entry.enabled:
        return _OFF
    if entry.expires_at is not None and entry.expires_at <= timezone.now():
        return _ENDED
    return _ON


def _said(entry: Entry) -> Iterator[tuple[str, Iterable[str]]]:
    """Each part by its name, in lines."""
    yield "Subject is compared", [_comparison(entry)]
    yield "Audiences", entry.audiences or ["Any: none is named"]
    if entry.conditions:
        yield "Conditions on claims", map(str, entry.conditions)
    if entry.max_age is not None:
        yield "Oldest token", [f"{entry.max_age} seconds"]
    yield "Each token works", ["Once" if entry.single_use else "Until it expires"]
    yield "Keys", _keys(entry)
    if entry.expires_at is not None:
        here = local(entry.expires_at)
        yield "Ends", [date_format(here, "DATETIME_FORMAT")]


def _comparison(entry: Entry) -> str:
    glob = entry.subject_match is SubjectMatch.GLOB
    how = "As a pattern, where * stands for anything" if glob else "Exactly"
    return f"{how}, ignoring case" if entry.ignore_case else how


def _keys(entry: Entry) -> list[str]:
    """Its own ones by their names alone."""
    if not entry.keys:
        return ["Those that the issuer publishes"]
    names: list[str] = trust_facts.of(entry)["keys"]
    return [f"Its own: {', '.join(names)}" if names else "Its own; none can be used"]
