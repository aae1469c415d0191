"""The list: which repositories are looked at, and what the grantee has on them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from robots.admin.lists import MAX_SEARCH
from robots.lifecycle.permissions import Grantee, column_of
from robots.models import Namespace, Repository, RepositoryPermission
from robots.roles import Role
from robots.text import is_storable

SIZES = (50, 100, 200)
"""Rows of a page. Each is three fields of the form, and Django reads 1,000."""

ALL, WITH, WITHOUT, ENDED = "all", "with", "without", "ended"

SHOWN = {
    ALL: "All repositories",
    WITH: "With a permission",
    WITHOUT: "Without a permission",
    ENDED: "With a permission that has ended",
}
"""What the list can be limited to."""

_MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Current:
    """What the grantee has on one repository."""

    id: int
    name: str
    role: Role | None
    until: datetime | None
    ended: bool

    @property
    def counting(self) -> Role | None:
        """The role, unless its time is over."""
        return None if self.ended else self.role


@dataclass(frozen=True, slots=True)
class Listing:
    """Which repositories a person looks at; bad values are the defaults."""

    namespace: Namespace
    grantee: Grantee
    search: str = ""
    show: str = ALL
    size: int = SIZES[0]
    number: int = 1

    @classmethod
    def of(cls, namespace: Namespace, grantee: Grantee, data: QueryDict) -> "Listing":
        """As an address or a form has it. Searching starts at the first page."""
        size = whole(data.get("per_page", ""))
        size = size if size in SIZES else SIZES[0]
        if data.get("do") == "all":
            return cls(namespace, grantee, size=size)
        show = data.get("show", ALL)
        usual = "" if data.get("do") == "search" else data.get("at", "")
        number = whole(data.get("page", usual))
        return cls(
            namespace,
            grantee,
            data.get("q", "").strip()[: MAX_SEARCH + 1],
            show if show in SHOWN else ALL,
            size,
            min(number or 1, _MAX_PAGE),
        )

    @property
    def is_limited(self) -> bool:
        """Whether there may be repositories that are not listed."""
        return bool(self.search) or self.show != ALL

    @property
    def query(self) -> dict[str, Any]:
        """What an address says to list the same; defaults are left out."""
        given = {
            "q": (self.search, ""),
            "show": (self.show, ALL),
            "per_page": (self.size, SIZES[0]),
            "page": (self.number, 1),
        }
        return {key: value for key, (value, usual) in given.items() if value != usual}

    def repositories(self) -> QuerySet[Repository]:
        """Every repository of the namespace, listed or not."""
        return Repository.objects.filter(namespace=self.namespace)

    def matching(self) -> Q:
        """The condition of being listed, whatever the page."""
        return self._found() & self._limited()

    def page(self) -> Page[Any]:
        """The asked page, or the last one, of rows that are `Current`."""
        paginator = Paginator(self._currents(), self.size)
        page = paginator.get_page(self.number)
        page.object_list = [_current(*row) for row in page.object_list]
        return page

    def _currents(self) -> QuerySet[Any, Any]:
        mine = {f"permissions__{key}": who for key, who in self._column().items()}
        own = FilteredRelation("permissions", condition=Q(**mine))
        rows = self.repositories().filter(self.matching()).alias(own=own)
        found = rows.annotate(role=F("own__role"), until=F("own__expires_at"))
        return found.order_by("name").values_list("pk", "name", "role", "until")

    def _found(self) -> Q:
        """Words of the name; a full name finds its repository too."""
        if not is_storable(self.search) or len(self.search) > MAX_SEARCH:
            return Q(pk__in=[])
        text = self.search.lower().removeprefix(f"{self.namespace.name}/")
        return Q(*(Q(name__contains=word) for word in text.split()))

    def _limited(self) -> Q:
        over = Q(expires_at__lte=timezone.now())
        match self.show:
            case "with":
                return Q(Exists(self._permissions().exclude(over)))
            case "without":
                return ~Q(Exists(self._permissions().exclude(over)))
            case "ended":
                return Q(Exists(self._permissions().filter(over)))
        return Q()

    def _permissions(self) -> QuerySet[RepositoryPermission]:
        rows = RepositoryPermission.objects.filter(repository=OuterRef("pk"))
        return rows.filter(**self._column()).order_by()

    def _column(self) -> dict[str, Any]:
        return column_of(self.grantee)


def whole(text: str) -> int | None:
    """A positive number that a key can be, or None."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return int(text) or None


def _current(pk: int, name: str, role: int | None, until: datetime | None) -> Current:
    ended = until is not None and until <= timezone.now()
    return Current(pk, name, Role(role) if role else None, until, ended)
