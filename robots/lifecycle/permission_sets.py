"""Many permissions of a namespace at once: any grantees, any repositories, any roles.

The database does the work: what is wanted goes into a temporary table, and a few
statements compare it with what is there, write the audit and the permissions. Memory
does not grow with the number of permissions.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from robots.audit import Performer
from robots.batches import batches, pieces
from robots.errors import DomainError, NotFound
from robots.lifecycle.permission_counts import (
    ChangedPermission,
    Counts,
    counts_of,
    sum_of,
)
from robots.lifecycle.permission_staging import (
    COLLATION,
    Parameters,
    Staging,
    prepared,
    read_moment,
)
from robots.lifecycle.permission_writing import Raced, Writing
from robots.lifecycle.permissions import Grantee, check_grantee, column_of
from robots.lifecycle.wanted import Wanted, check_wanted
from robots.models import Namespace, Repository
from robots.models.permission_changes import Change
from robots.roles import Role
from robots.selection import Matching, Selection
from robots.streams import Streams

__all__ = [
    "ChangedMeanwhile",
    "ChangedPermission",
    "Counts",
    "PermissionSet",
    "permission_set",
]

_REPOSITORY_GONE = "A repository was deleted meanwhile; nothing was changed, try again"
_GRANTEE_GONE = "Whom it is for was deleted meanwhile; nothing was changed, try again"

_ATTEMPTS = 3
_VALUES = 5_000
"""Rows of one INSERT; each has five parameters, and SQLite takes 32,766 of them."""

_KINDS = ("user", "robot", "team")
"""Fields of a permission that hold a grantee, in the order in which they are locked."""


class ChangedMeanwhile(DomainError):
    """What would be done is no longer what was told, or never stays the same."""

    def __init__(self) -> None:
        super().__init__(
            "Permissions were changed meanwhile; nothing was changed, try again"
        )


@contextmanager
def permission_set(
    namespace: Namespace, *, past_ends: bool = False
) -> Iterator["PermissionSet"]:
    """A transaction, and an empty set of wanted permissions that lives as long.

    With `past_ends` an end may have passed, as in a file that was written long ago.
    """
    with transaction.atomic():
        wanted = PermissionSet(namespace, past_ends)
        try:
            yield wanted
        finally:
            wanted.stop_reading()
        # What undoes the transaction undoes the tables too.
        if not connection.needs_rollback:
            wanted.drop()


class PermissionSet:
    """What permissions are to become; nothing is written before `save`.

    What is wanted later for the same repository and grantee counts. Permissions of
    which nothing was said stay as they are.
    """

    def __init__(self, namespace: Namespace, past_ends: bool) -> None:
        self._namespace = namespace
        self._past_ends = past_ends
        self._stagings: dict[str, Staging] = {}
        self._intents: dict[Wanted, int] = {}
        self._checked: set[tuple[str, Any]] = set()
        self._streams = Streams()
        self._told: dict[str, Counts] | None = None

    def want_everywhere(
        self, grantees: Sequence[Grantee], selection: Selection | None, wanted: Wanted
    ) -> None:
        """The same for each grantee on each selected repository; None selects all.

        Raises DomainError for a grantee, a selection or an end that cannot be.
        """
        intent = self._intent(wanted)
        what = (*_prepared(wanted), intent)
        for kind, keys in self._by_kind(grantees).items():
            for repositories in _chosen(self._namespace, selection):
                for some in batches(keys):
                    self._staging(kind).add_product(some, repositories, what)

    def want(self, rows: Iterable[tuple[int, Grantee, Wanted]]) -> None:
        """Each row: a repository's key, whom it is for, and what is to be.

        Raises DomainError for a grantee or an end that cannot be.
        """
        for some in pieces(rows, _VALUES):
            staged: dict[tuple[str, Any, int], Parameters] = {}
            for repository_id, grantee, wanted in some:
                kind = self._checked_kind(grantee)
                what = (*_prepared(wanted), self._intent(wanted))
                row = (grantee.pk, repository_id, *what)
                staged[kind, grantee.pk, repository_id] = row
            for kind in _KINDS:
                if found := [row for key, row in staged.items() if key[0] == kind]:
                    self._staging(kind).add_rows(found)

    def want_nothing_else(self, repository_ids: Iterable[int]) -> None:
        """Permissions on these repositories that were not wanted are to go."""
        intent = self._intent(Wanted(None))
        for some in pieces(repository_ids, _VALUES):
            for kind in _KINDS:
                self._staging(kind).add_nothing_else(some, intent)

    def lock(self) -> None:
        """From now on `save` does what `counts` and `changes` tell, or refuses.

        Permissions that are there wait; only new ones can make a difference. Nothing
        more may be wanted then. Raises NotFound if a grantee is gone, DomainError if
        a repository is.
        """
        self._lock()
        self._told = self._counted()

    def counts(self) -> Counts:
        """How many permissions `save` would change."""
        return sum_of(self.counts_by_grantee().values())

    def counts_by_grantee(self) -> dict[str, Counts]:
        """The same for each grantee by its name, sorted."""
        if self._told is not None:
            return self._told
        self._compare()
        return self._counted()

    def changes(self) -> Iterator[ChangedPermission]:
        """What `save` would change, by repository and then by grantee; streamed.

        To be read before the set is changed or saved.
        """
        if self._told is None:
            self._compare()
        parts = [staging.changes() for staging in self._stagings.values()]
        if not parts:
            return
        union = " UNION ALL ".join(sql for sql, _ in parts)
        collation = COLLATION.get(connection.vendor, "")
        sql = (
            f"SELECT * FROM ({union}) changes"  # noqa: S608 - of our own texts
            f" ORDER BY repository{collation}, grantee{collation}"
        )
        parameters = [value for _, some in parts for value in some]
        for row in self._streams.read(sql, parameters):
            yield _changed(*row)

    def save(self, by: Performer) -> Counts:
        """Write every change, and one audit event for each grantee, role and end.

        Each event has a PermissionChange for each repository. Returns what was done.
        Raises ChangedMeanwhile or DomainError, and then nothing is written.
        """
        for _ in range(_ATTEMPTS if self._told is None else 1):
            try:
                with transaction.atomic():
                    return self._save(by)
            except Raced:
                continue
            except IntegrityError:
                raise DomainError(_REPOSITORY_GONE) from None
        raise ChangedMeanwhile

    def stop_reading(self) -> None:
        """Give up results that are not read to their end; they keep tables in use."""
        self._streams.close()

    def drop(self) -> None:
        for staging in self._stagings.values():
            staging.drop()

    def _staging(self, kind: str) -> Staging:
        if kind not in self._stagings:
            self._stagings[kind] = Staging(kind, self._namespace)
        return self._stagings[kind]

    def _in_order(self) -> list[Staging]:
        return [self._stagings[kind] for kind in _KINDS if kind in self._stagings]

    def _intent(self, wanted: Wanted) -> int:
        """A number for what is wanted; what is wanted for the first time is checked."""
        if wanted not in self._intents:
            check_wanted(wanted, past_ends=self._past_ends)
            self._intents[wanted] = len(self._intents)
        return self._intents[wanted]

    def _by_kind(self, grantees: Sequence[Grantee]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for grantee in grantees:
            found.setdefault(self._checked_kind(grantee), []).append(grantee.pk)
        return found

    def _checked_kind(self, grantee: Grantee) -> str:
        (kind,) = column_of(grantee)
        if (kind, grantee.pk) not in self._checked:
            check_grantee(self._namespace, grantee)
            self._checked.add((kind, grantee.pk))
        return kind

    def _lock(self) -> None:
        for staging in self._in_order():
            staging.analyze()
            _, grantees = staging.totals()
            if staging.lock_grantees() != grantees:
                raise NotFound(_GRANTEE_GONE)
        # Who deletes a repository locks it first, and its permissions then.
        for staging in self._in_order():
            staging.lock_repositories()
        for staging in self._in_order():
            staging.lock_permissions()
        self._compare()
        if any(staging.missing() for staging in self._in_order()):
            raise DomainError(_REPOSITORY_GONE)

    def _compare(self) -> None:
        for staging in self._in_order():
            staging.compare()

    def _counted(self) -> dict[str, Counts]:
        """What the last comparison found, for each grantee by its name, sorted."""
        found: dict[str, dict[int, int]] = {}
        for staging in self._in_order():
            found |= staging.counts()
        return {name: counts_of(found[name]) for name in sorted(found)}

    def _save(self, by: Performer) -> Counts:
        if self._told is None:
            self._lock()
        elif any(wanted.role is None for wanted in self._intents):
            # One that was granted since would stay; `add` finds those it is to add.
            self._compare()
        writing = Writing(self._namespace, list(self._intents), self._streams, by)
        done = sum_of(writing.write(staging) for staging in self._in_order())
        if self._told is not None and done != self.counts():
            raise Raced
        return done


def _chosen(
    namespace: Namespace, selection: Selection | None
) -> Iterator[QuerySet[Any, Any]]:
    """Queries that find `chosen_id`, together every selected repository."""
    rows = Repository.objects.filter(namespace=namespace).order_by()
    if selection is None:
        yield rows.values(chosen_id=F("pk"))
    elif isinstance(selection, Matching):
        yield selection.rows(namespace).order_by().values(chosen_id=F("pk"))
    else:
        for keys in batches(list(selection.find(namespace).values())):
            yield rows.filter(pk__in=keys).values(chosen_id=F("pk"))


def _prepared(wanted: Wanted) -> tuple[Any, Any]:
    """Role and end as the database wants them."""
    return prepared("role", wanted.role), prepared("expires_at", wanted.until)


def _changed(
    repository: str,
    grantee: str,
    change: int,
    role_before: int | None,
    until_before: Any,
    role_after: int | None,
    until_after: Any,
) -> ChangedPermission:
    return ChangedPermission(
        repository,
        grantee,
        Change(change),
        None if role_before is None else _wanted(role_before, until_before),
        _wanted(role_after, until_after),
    )


def _wanted(role: int | None, until: Any) -> Wanted:
    return Wanted(None if role is None else Role(role), read_moment(until))
