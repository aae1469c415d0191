"""What a Distribution registry tells of pushes and pulls, as plain values.

Pure: no database, no clock, no network. The envelope is that of CNCF Distribution
("Work with notifications"), whose versions 1 and 2 have the same members. The
registry sends an envelope again until it is taken, so an event that says nothing to
us is passed over; only what is no envelope at all is refused.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from robots.ends import is_end
from robots.names import RepositoryName, parse_repository_name
from robots.text import is_storable

MAX_EVENTS = 1_000
"""Of one envelope; Distribution sends one event in each."""

MAX_ACTOR = 511
"""Characters of an actor's name: nobody has a longer one here."""

_CONTENT_TYPE = re.compile(
    r"application/(?:json|vnd\.docker\.distribution\.events\.v[0-9]+\+json)"
)
_SECONDS = re.compile(r"(?<=:\d\d)\.\d+", re.ASCII)

_USES = {"pull": "pull", "push": "push", "mount": "push", "delete": "delete"}


class EnvelopeInvalid(ValueError):
    """A body that is no envelope of events; the text is for the sender."""


class Notice(NamedTuple):
    """Somebody did `action` (pull, push or delete) on a repository.

    `actor` is what the registry calls who did it, empty where it does not say.
    """

    repository: RepositoryName
    action: str
    actor: str
    when: datetime


def is_envelope_type(content_type: str) -> bool:
    """Whether a request's content type, without parameters, may be an envelope's."""
    return _CONTENT_TYPE.fullmatch(content_type) is not None


def read_envelope(body: bytes, library: str) -> list[Notice]:
    """What the envelope says that concerns us, in its order.

    `library` is the namespace of names without `/`. Raises EnvelopeInvalid.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise EnvelopeInvalid("The body is not JSON") from None
    events = document.get("events", []) if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise EnvelopeInvalid('The body is no envelope: {"events": [...]}')
    if len(events) > MAX_EVENTS:
        raise EnvelopeInvalid(f"At most {MAX_EVENTS} events in one envelope")
    return [notice for event in events for notice in _notices(event, library)]


def _notices(event: Any, library: str) -> Iterator[Notice]:
    """A blob that is mounted is pushed to one repository and pulled from another."""
    event = _object(event)
    target = _object(event.get("target"))
    action = event.get("action")
    when = _time(event.get("timestamp"))
    if not isinstance(action, str) or action not in _USES or when is None:
        return
    actor = _actor(_object(event.get("actor")).get("name"))
    if name := _repository(target.get("repository"), library):
        yield Notice(name, _USES[action], actor, when)
    if action == "mount" and (
        name := _repository(target.get("fromRepository"), library)
    ):
        yield Notice(name, "pull", actor, when)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _actor(name: Any) -> str:
    fits = isinstance(name, str) and len(name) <= MAX_ACTOR and is_storable(name)
    return name if fits else ""


def _repository(path: Any, library: str) -> RepositoryName | None:
    return parse_repository_name(path, library) if isinstance(path, str) else None


def _time(text: Any) -> datetime | None:
    """RFC 3339; Go writes nanoseconds, and any zone. None unless it is one.

    None too for a year of which not every time zone can show all.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(_SECONDS.sub("", text))
    except ValueError:
        return None
    known = moment.tzinfo is not None and is_end(moment)
    return moment.astimezone(UTC) if known else None
