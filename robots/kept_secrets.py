"""Tables that keep secrets under a root key, and how their rows stand to the keys.

What is signed with such a key, and not stored, is in no table: refresh tokens and
client keys.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet

from robots import credentials, keyring
from robots.batches import batches
from robots.credentials import Opened
from robots.models import AppToken, RobotToken
from robots.unexpired import unexpired

UNKNOWN = ""
"""The key of rows that a version before key ids wrote."""


class KeptRow(NamedTuple):
    """What is kept of one secret. `bound_to` is what its sealed copy belongs to."""

    pk: int
    bound_to: str
    sealed: bytes | None
    key_id: str

    def opened(self) -> Opened | None:
        """The secret, if there is a sealed copy that a root key opens."""
        if self.sealed is None:
            return None
        return credentials.opened(self.sealed, self.bound_to)

    def is_current(self, opened: Opened) -> bool:
        """Whether it is under the current key, and says so."""
        return opened.key_id == self.key_id == keyring.current_key_id()


def _not_ended(rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    return rows.filter(unexpired(now))


@dataclass(frozen=True)
class Kept:
    """One such table.

    `name` says whose secrets they are, in JSON and in the audit, where what is called
    a token or a secret would be masked. `owner` is the name of one row's, for which
    `related` is read too. With `has_digest` the copy is bound to the digest, and both
    change together.
    """

    name: str
    noun: str
    model: type[Model]
    owner: Callable[[Any], str]
    related: tuple[str, ...]
    sealed: str = "sealed"
    bound_to: str = "digest"
    has_digest: bool = True
    lasting: Callable[[QuerySet[Any], datetime], QuerySet[Any]] = _not_ended

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.order_by("pk")

    def counting(self, now: datetime) -> QuerySet[Any]:
        """The rows that a key must not be taken from: they have not ended."""
        rows = self.lasting(self.rows(), now)
        if self.has_digest:
            return rows
        return rows.filter(**{f"{self.sealed}__isnull": False})

    def read(self, rows: QuerySet[Any]) -> list[KeptRow]:
        """What is kept in these rows."""
        columns = ("pk", self.bound_to, self.sealed, "key_id")
        return [
            KeptRow(pk, bound_to, None if sealed is None else bytes(sealed), key_id)
            for pk, bound_to, sealed, key_id in rows.values_list(*columns)
        ]

    def owners(self, keys: Sequence[int]) -> list[str]:
        """Whose rows these are, each name once, in order."""
        named = self.rows().select_related(*self.related)
        found = {
            self.owner(row)
            for some in batches(keys)
            for row in named.filter(pk__in=some)
        }
        return sorted(found)

    def unchanged(self, row: KeptRow) -> QuerySet[Any]:
        """The row, if it still has the digest and the copy that were read."""
        same = {"pk": row.pk, self.bound_to: row.bound_to, self.sealed: row.sealed}
        return self.model._default_manager.filter(**same)

    def renewed(self, row: KeptRow, opened: Opened) -> dict[str, Any]:
        """The columns of the same secret under the current key."""
        if self.has_digest:
            return credentials.at_rest(opened.secret, readable=True)._asdict()
        sealed = credentials.seal(opened.secret, row.bound_to)
        return {self.sealed: sealed, "key_id": keyring.current_key_id()}


ROBOT_TOKENS = Kept(
    "robots",
    "robot token",
    RobotToken,
    owner=lambda token: str(token.robot.full_name),
    related=("robot__namespace",),
)
APP_TOKENS = Kept(
    "people",
    "application token",
    AppToken,
    # Not its title, which may hold whatever confuses a terminal.
    owner=lambda token: f"{token.user.get_username()} ({token.uuid})",
    related=("user",),
)


def walk(
    kept: Kept, now: datetime, size: int, *, sealed: bool = False
) -> Iterator[list[KeptRow]]:
    """All rows that count, in order, in lists of at most `size`; each list a query.

    With `sealed` only those that have a sealed copy.
    """
    rows, last = kept.counting(now), 0
    if sealed:
        rows = rows.filter(**{f"{kept.sealed}__isnull": False})
    while batch := kept.read(rows.filter(pk__gt=last)[:size]):
        yield batch
        last = batch[-1].pk


@dataclass
class Standing:
    """How many rows of one table are under which key, by its id."""

    copied: Counter[str] = field(default_factory=Counter)
    """With a sealed copy: `reseal` brings them to another key."""

    bare: Counter[str] = field(default_factory=Counter)
    """With a digest only: a login does. Under UNKNOWN, any key may be theirs."""

    stale: int = 0
    """Of those with a copy: how many `reseal` has something to do with."""

    waiting: list[int] = field(default_factory=list)
    """The primary keys of those with a digest only that is not of the current key."""

    lost: list[int] = field(default_factory=list)
    """Those that no root key opens: nobody can log in with them, or read them."""

    damaged: Counter[str] = field(default_factory=Counter)
    """Those of them with a copy, by the key that they say. Their digests may be good,
    and then somebody logs in with them as long as that key is there."""

    def under(self, key_id: str) -> int:
        return self.copied[key_id] + self.bare[key_id]


def standing(kept: Kept, now: datetime, size: int = 2_000) -> Standing:
    """Look at every row that counts, and open every copy: seconds for a million."""
    found = Standing()
    for batch in walk(kept, now, size):
        for row in batch:
            (_count_bare if row.sealed is None else _count_copied)(found, row)
    return found


def _count_bare(found: Standing, row: KeptRow) -> None:
    current, *older = keyring.key_ids()
    if row.key_id not in {current, *older, UNKNOWN}:
        found.lost.append(row.pk)
        return
    found.bare[row.key_id] += 1
    if row.key_id != current:
        found.waiting.append(row.pk)


def _count_copied(found: Standing, row: KeptRow) -> None:
    opened = row.opened()
    if opened is None:
        found.lost.append(row.pk)
        found.damaged[row.key_id] += 1
        return
    found.copied[opened.key_id] += 1
    found.stale += not row.is_current(opened)
