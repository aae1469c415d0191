"""What a person has chosen, on this page of the list and on others.

The form carries it along: `kept_ticks` and `kept_roles` are the choices on other
pages, and each row of this one has `tick`, `role-<key>` and `was-<key>`, the role
that it was shown with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import QueryDict

from robots.admin.set_permissions.listing import Listing, whole
from robots.batches import SIZE as MAX_CHOSEN
from robots.errors import DomainError
from robots.lifecycle.bulk_permissions import NO_ROLE, Wanted
from robots.lifecycle.reviewed_permissions import Part
from robots.roles import Role
from robots.selection import Listed

ROLES = [(NO_ROLE, "None"), *((role.label, role.label.title()) for role in Role)]
"""Pairs of a value and a name to show."""

_NAMES = frozenset(name for name, _ in ROLES)
_WAS, _ROLE = "was-", "role-"


@dataclass(frozen=True, slots=True)
class Choices:
    """Repositories by key: those ticked, and those that get a role of their own.

    `matching` is whether all that the list matches are ticked. `damaged` says that
    the form held something that no page of ours puts there.
    """

    ticked: frozenset[int] = frozenset()
    roles: Mapping[int, str] = field(default_factory=dict)
    matching: bool = False
    damaged: bool = False

    @classmethod
    def of(cls, data: QueryDict) -> "Choices":
        """As the form has them; what is on the page replaces what was kept of it."""
        read = _Reader()
        shown = read.keys(n.removeprefix(_WAS) for n in data if n.startswith(_WAS))
        kept = read.keys(data.get("kept_ticks", "").split(",")) - shown
        ticked = kept | read.keys(data.getlist("tick"))
        roles = read.pairs(data.get("kept_roles", ""))
        roles = {pk: role for pk, role in roles.items() if pk not in shown}
        roles |= read.changes(data, shown)
        matching = "matching" in data
        return cls(frozenset(ticked), roles, matching, read.damaged)

    def __bool__(self) -> bool:
        return bool(self.ticked or self.roles or self.matching)

    @property
    def selects(self) -> bool:
        """Whether anything is to get the role that is chosen for the selection."""
        return bool(self.ticked or self.matching)

    def beyond(self, shown: Iterable[int]) -> "Choices":
        """Those on other pages than the one with these rows."""
        on_page = frozenset(shown)
        roles = {pk: role for pk, role in self.roles.items() if pk not in on_page}
        return Choices(self.ticked - on_page, roles, self.matching)

    def within(self, known: frozenset[int]) -> "Choices":
        """Without what is not, or no longer, a repository of the namespace."""
        roles = {pk: role for pk, role in self.roles.items() if pk in known}
        return Choices(self.ticked & known, roles, self.matching)

    @property
    def keys(self) -> frozenset[int]:
        return self.ticked | frozenset(self.roles)

    @property
    def kept_ticks(self) -> str:
        return ",".join(map(str, sorted(self.ticked)))

    @property
    def kept_roles(self) -> str:
        return ",".join(f"{pk}:{role}" for pk, role in sorted(self.roles.items()))


def known_keys(listing: Listing, choices: Choices) -> frozenset[int]:
    """Those of the chosen that are the namespace's; DomainError if too many are."""
    if len(choices.keys) > MAX_CHOSEN:
        raise DomainError(
            f"At most {MAX_CHOSEN} repositories can be chosen one by one. Search for"
            " them, and select all that match"
        )
    rows = listing.repositories().filter(pk__in=choices.keys).order_by()
    return frozenset(rows.values_list("pk", flat=True))


def parts_of(
    listing: Listing, choices: Choices, selection: Wanted | None, own: Sequence[Wanted]
) -> list[Part]:
    """What is to be done: `selection` to all that are ticked, and `own` to the rest.

    A role that a row got of its own counts more than the one for the selection.
    The selection comes first: what it matches depends on what the others change.
    """
    repositories = listing.repositories()
    parts = []
    if selection is not None:
        chosen = repositories.filter(_selected(listing, choices))
        parts.append(Part(Listed(chosen.exclude(pk__in=choices.roles)), selection))
    for wanted in own:
        keys = [pk for pk, role in choices.roles.items() if role == wanted.role_name]
        parts.append(Part(Listed(repositories.filter(pk__in=keys)), wanted))
    return parts


def _selected(listing: Listing, choices: Choices) -> Q:
    ticked, matching = Q(pk__in=choices.ticked), listing.matching()
    if not choices.matching:
        return ticked
    # Nothing but an unlimited list has no condition; `|` would leave it out.
    return ticked | matching if matching else matching


def role_of(name: str) -> Role | None:
    """The role of this name; ValueError for a name that is none of ours."""
    return None if name == NO_ROLE else Role.from_name(name)


class _Reader:
    """Takes what it can read out of a form, and notes whether that was all."""

    def __init__(self) -> None:
        self.damaged = False

    def key(self, text: str) -> int:
        found = whole(text) or 0
        if found and str(found) == text:
            return found
        self.damaged = True
        return 0

    def keys(self, texts: Iterable[str]) -> set[int]:
        return {self.key(text) for text in texts if text} - {0}

    def pairs(self, text: str) -> dict[int, str]:
        """Of `key:role,key:role`."""
        pairs = [pair.partition(":") for pair in text.split(",") if pair]
        return self._known((self.key(key), role) for key, _, role in pairs)

    def changes(self, data: QueryDict, shown: Iterable[int]) -> dict[int, str]:
        """The rows whose role is another one than they were shown with."""
        rows = [(pk, data.get(f"{_WAS}{pk}", "")) for pk in shown]
        given = [(pk, was, data.get(f"{_ROLE}{pk}", was)) for pk, was in rows]
        return self._known((pk, role) for pk, was, role in given if role != was)

    def _known(self, pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
        listed = list(pairs)
        known = {pk: role for pk, role in listed if pk and role in _NAMES}
        self.damaged |= len(known) != len(listed)
        return known
