"""When signing keys change places: what each is at present, and which step is due.

Pure: no files, no clock. A registry reads its keys when it starts and at no other time,
so a next key is published some days before it signs; and what it signed lives on for a
while, so a key that signs no more is published a little longer.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class KeyState(StrEnum):
    """What a published key is for at present."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"


class KnownKey(NamedTuple):
    """A key by its id: what it is, and since when."""

    id: str
    state: KeyState
    since: datetime


class Deed(StrEnum):
    """What can be done to a key; the words of `manage.py signing_keys`."""

    ADD = "add"
    ACTIVATE = "activate"
    RETIRE = "retire"


class Step(NamedTuple):
    """A deed that is due from a moment on. A key that is to be added has no id yet."""

    deed: Deed
    due: datetime
    key_id: str | None = None


class Schedule(NamedTuple):
    """How long a key signs (None: until somebody says so), how long before that it is
    published, and how long afterwards.
    """

    signs: timedelta | None
    notice: timedelta
    keep: timedelta


def known_keys(
    created: Sequence[tuple[str, datetime]], active_id: str, activated: datetime
) -> list[KnownKey]:
    """What each key is, oldest first, by when it was made and which one signs.

    Younger ones than the active key are to follow it; older ones have signed.
    """
    born = dict(created)
    found = []
    for key_id, when in sorted(created, key=lambda pair: (pair[1], pair[0])):
        if key_id == active_id:
            found.append(KnownKey(key_id, KeyState.ACTIVE, max(when, activated)))
        elif (when, key_id) > (born[active_id], active_id):
            found.append(KnownKey(key_id, KeyState.NEXT, when))
        else:
            found.append(KnownKey(key_id, KeyState.RETIRING, activated))
    return found


def steps(keys: Sequence[KnownKey], schedule: Schedule) -> list[Step]:
    """What is to be done, now or later, in the order in which it is due."""
    return sorted(_steps(keys, schedule), key=lambda step: step.due)


def _steps(keys: Sequence[KnownKey], schedule: Schedule) -> Iterator[Step]:
    for key in keys:
        if key.state is KeyState.RETIRING:
            yield Step(Deed.RETIRE, key.since + schedule.keep, key.id)
    if schedule.signs is None:
        return
    active = next(key for key in keys if key.state is KeyState.ACTIVE)
    ends = active.since + schedule.signs
    following = [key for key in keys if key.state is KeyState.NEXT]
    if following:
        first = following[0]
        yield Step(Deed.ACTIVATE, max(ends, first.since + schedule.notice), first.id)
    else:
        yield Step(Deed.ADD, ends - schedule.notice)
