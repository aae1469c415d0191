"""Filters of the tables of robot accounts and of their tokens."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

SOON = timedelta(days=30)
"""Before its end something counts as expiring for this long."""


class UsageFilter(admin.SimpleListFilter):
    """Robots that nobody has ever logged in as."""

    title = "use"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("never", "Never used"), ("yes", "Used")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        if self.value() not in {"never", "yes"}:
            return queryset
        return queryset.filter(last_used_at__isnull=self.value() == "never")


class ExpiryFilter(admin.SimpleListFilter):
    """Robots, or tokens, whose end is near or behind them."""

    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("soon", f"Expires within {SOON.days} days"),
            ("live", "Not expired"),
            ("expired", "Expired"),
            ("none", "Never expires"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        now = timezone.now()
        match self.value():
            case "soon":
                return queryset.filter(expires_at__gt=now, expires_at__lte=now + SOON)
            case "live":
                return queryset.exclude(expires_at__lte=now)
            case "expired":
                return queryset.filter(expires_at__lte=now)
            case "none":
                return queryset.filter(expires_at__isnull=True)
        return queryset
