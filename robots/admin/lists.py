"""Lists of rows: no address breaks them, no filter reads a secret out of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from robots.admin.theme import ThemedAdmin, ThemedChangeList

MAX_SEARCH = 511
"""Characters: as long as `namespace/name` can be. A longer search finds nothing."""

_LOOKUPS = frozenset(
    {"exact", "isnull", "isempty", "in", "gte", "lt", "year", "month", "day"}
)
_BETWEEN_NAMES = re.compile(r"[+/]")


PER_PAGE = "per_page"
"""The parameter that says how many rows a page of a list shows."""

SIZES = (20, 50, 100, 200)
"""What it may be."""


class CarefulChangeList(ThemedChangeList):
    """Bad values in the address lead back to the whole list, never to an error."""

    sizes = SIZES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(str(error)) from error
        # A list of one namespace, below its tabs, is whole and not filtered.
        if set(self.get_filters_params()) <= {"namespace"}:
            self.has_active_filters = False

    def get_filters_params(self, params: Any = None) -> Any:
        """Without the page's size, which stays in the list's links."""
        lookups = super().get_filters_params(params)
        lookups.pop(PER_PAGE, None)
        return lookups

    def get_results(self, request: HttpRequest) -> None:
        wanted = request.GET.get(PER_PAGE, "")
        if wanted in map(str, SIZES):
            self.list_per_page = int(wanted)
        super().get_results(request)

    @property
    def other_params(self) -> list[tuple[str, str]]:
        """What the form that sets the page's size must keep."""
        return [
            (name, value)
            for name, values in self.filter_params.items()
            for value in values
            if name != PER_PAGE
        ]


class ListAdmin(ThemedAdmin):
    """A list with a constant number of queries, searched by full names too.

    `list_title` heads the list, and `empty_text` says what to do while it is empty.
    """

    list_title: ClassVar[str] = ""
    empty_text: ClassVar[str] = ""
    list_before_template = "robots/admin/list_head.html"
    list_after_template = "robots/admin/list_foot.html"
    list_per_page = 50
    list_max_show_all = 200
    # Both would count rows that nobody asked about.
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    secret_fields: ClassVar[tuple[str, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CarefulChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"title": self.list_title} if self.list_title else {}
        shown["empty_text"] = self.empty_text
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Joined for autocompletion as well, which shows the same names."""
        rows = super().get_queryset(request)
        related = self.list_select_related
        return rows if isinstance(related, bool) else rows.select_related(*related)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if "\x00" in search_term or len(search_term) > MAX_SEARCH:
            return queryset.none(), False
        words = _BETWEEN_NAMES.sub(" ", search_term)
        return super().get_search_results(request, queryset, words)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> NoReturn:
        """Django leads to the front page; here a guessed address does not exist."""
        raise Http404

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What filters need; with startswith or regex a list spells out secrets."""
        field, _, kind = lookup.rpartition("__")
        if field and kind not in _LOOKUPS:
            return False
        if lookup.startswith(self.secret_fields):
            return False
        return super().lookup_allowed(lookup, value, request)


class NamespaceFilter(admin.ListFilter):
    """A box to type a namespace's name in: there may be a million of them."""

    title = "namespace"
    parameter = "namespace"
    template = "robots/admin/text_filter.html"
    path: ClassVar[str] = "namespace__name"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.value = params.pop(self.parameter, [""])[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        return queryset.filter(**{self.path: self.value}) if self.value else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Mapping[str, object]]:
        others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            for value in values
            if name != self.parameter
        ]
        yield {"name": self.parameter, "value": self.value, "others": others}


class GranteeFilter(admin.SimpleListFilter):
    """Rows for people, for robots, or for teams."""

    title = "kind of grantee"
    parameter_name = "grantee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("user", "People"), ("robot", "Robots"), ("team", "Teams")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        if self.value() not in {"user", "robot", "team"}:
            return queryset
        return queryset.filter(**{f"{self.value()}__isnull": False})
