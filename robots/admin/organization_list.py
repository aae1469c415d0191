"""The list of organizations: what it shows first, and where its rows lead."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from robots.admin.lists import CarefulChangeList
from robots.admin.shell import organization_page
from robots.models import NamespaceKind


class OrganizationChangeList(CarefulChangeList):
    """A row leads to the first tab of its organization."""

    def url_for_result(self, result: Any) -> str:
        return organization_page(result, "repository")


class KindFilter(admin.SimpleListFilter):
    """Organizations and one's own namespace first: each person has a namespace."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("organization", "Organizations"),
            ("personal", "Personal namespaces"),
            ("all", "Both"),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *rest = super().choices(changelist)
        shown: Mapping[str, Any] = {
            **first,
            "display": "Organizations, and your own namespace",
        }
        yield from (shown, *rest)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        match self.value():
            case "all":
                return queryset
            case "organization" | "personal" as kind:
                return queryset.filter(kind=kind)
        own = Q(owner_id=request.user.pk)
        return queryset.filter(Q(kind=NamespaceKind.ORGANIZATION) | own)
