"""Lists of rows: no address breaks them, no filter reads a secret out of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from robots.admin.theme import ThemedAdmin, ThemedChangeList

MAX_SEARCH = 511
"""Characters: as long as `namespace/name` can be. A longer search finds nothing."""

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

    def get_filters(self, request: HttpRequest) -> Any:
        """Raises for a lookup that no filter of the list has taken.

        Django takes any column, key of a JSON value or relation, and a list that
        answers these spells out what no page shows: `?email__gte=b` has the row or
        not.
        """
        try:
            found = super().get_filters(request)
        except DisallowedModelAdminLookup as error:
            raise IncorrectLookupParameters(str(error)) from error
        page: Any = self.model_admin
        untaken = found[2].keys() - set(page.link_lookups)
        if untaken:
            raise IncorrectLookupParameters(f"no filter takes {sorted(untaken)}")
        return found

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
    `link_lookups` are those that links to the list have and no filter takes.
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
    link_lookups: ClassVar[tuple[str, ...]] = ()
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

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        """Django tells whoever sees a row what others changed; the audit log is for
        those who may know.
        """
        raise Http404

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Nothing is done where one of the chosen keys cannot be any row's."""
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(self._can_be_key, keys)):
            text = "One of the selected rows does not exist. Nothing was changed."
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)

    def _can_be_key(self, key: str) -> bool:
        try:
            self.opts.pk.clean(key, None)
        except ValidationError:
            return False
        return True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Never of a secret, even where a filter is declared by mistake."""
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
