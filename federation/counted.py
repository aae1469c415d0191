"""What federation counts: how exchanges end and why, and how issuers answer.

The names are those of `quaysite.metrics.families`, which shows them. A label is never
made of what a token says: of an issuer only its provider counts, and only where a trust
names the issuer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from federation.admission import NotAdmitted
from federation.entries import Entry
from federation.errors import Code, Refused
from federation.matching import CHECKS
from federation.providers import Provider, provider_of
from robots.errors import AskAgainLater
from robots.outage import OUTAGES, is_outage
from robots.tallies import tallies

NO_PROVIDER = "unknown"
"""Of a token whose issuer no trust of the robot names."""

_PROVIDERS = {provider: provider.name.lower() for provider in Provider}
PROVIDERS = (*_PROVIDERS.values(), NO_PROVIDER)

RESULTS = ("granted", "refused", "throttled", "unavailable")

ISSUER_UNAVAILABLE = "issuer_unavailable"
INVALID_REQUEST = "invalid_request"
THROTTLED = "throttled"
DATABASE = "database"
OTHER = "other"

_OF_TOKEN = ("form", "time", "signature", "keys", "replay")
_OF_ROBOT = ("robot", "robots_disallowed")

REASONS = (
    *sorted({*CHECKS, *_OF_TOKEN, *_OF_ROBOT}),
    *(ISSUER_UNAVAILABLE, INVALID_REQUEST, THROTTLED, DATABASE, OTHER),
)
"""The checks of a refusal (`Refused.check`), and what is no refusal of a token."""


@contextmanager
def failures() -> Iterator[None]:
    """Count how an exchange that is asked for inside ends, unless with a token.

    Once each, by its answer. What is no outage, but a fault of our own, is none.
    """
    began = perf_counter()
    try:
        yield
    except AskAgainLater:
        note_throttled(perf_counter() - began)
        raise
    except Refused as refused:
        note_refusal(refused, perf_counter() - began)
        raise
    except OUTAGES as error:
        if is_outage(error):
            note_outage(perf_counter() - began)
        raise


def note_exchange(entry: Entry, seconds: float) -> None:
    """Count a token that was exchanged, and how long it took."""
    _note(_PROVIDERS[provider_of(entry)], "granted", seconds)


def note_refusal(refused: Refused, seconds: float) -> None:
    """Count a token that was refused, and why."""
    is_away = refused.code is Code.UNAVAILABLE
    _note(_provider(refused), "unavailable" if is_away else "refused", seconds)
    note_reason(ISSUER_UNAVAILABLE if is_away else refused.check)


def note_throttled(seconds: float) -> None:
    """Count an exchange that is answered 429, after too many wrong tokens."""
    _note(NO_PROVIDER, "throttled", seconds)
    note_reason(THROTTLED)


def note_outage(seconds: float) -> None:
    """Count an exchange that the database kept from being answered."""
    _note(NO_PROVIDER, "unavailable", seconds)
    note_reason(DATABASE)


def note_unreadable() -> None:
    """Count a request that is no exchange."""
    tallies.note(("exchanges", NO_PROVIDER, "refused"))
    note_reason(INVALID_REQUEST)


def note_reason(reason: str) -> None:
    """Count a reason; one that is not in REASONS is OTHER."""
    known = reason if reason in REASONS else OTHER
    tallies.note(("exchange_refusals", known))


def _note(provider: str, result: str, seconds: float) -> None:
    tallies.note(("exchanges", provider, result))
    tallies.observe("exchange_duration_seconds", result, seconds)


def _provider(refused: Refused) -> str:
    if isinstance(refused, NotAdmitted) and refused.tried:
        trust, _ = refused.tried[0]
        return _PROVIDERS[provider_of(trust.entry)]
    return NO_PROVIDER
