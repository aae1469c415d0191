"""What the audit log is searched by: one form above the list, and its rows counted."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from robots.admin.lists import CarefulChangeList
from robots.audit_kinds import KINDS, Group
from robots.models import AuditEvent, Namespace, PermissionChange

MAX_COUNTED = 10_000
"""Events that a list counts; there may be millions of them."""

_EARLIEST, _LATEST = date(1970, 1, 1), date(9000, 12, 31)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than one event more than MAX_COUNTED."""

    template_name = "robots/admin/audit_pages.html"

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by()[: MAX_COUNTED + 1].count()
        return found

    @property
    def is_bounded(self) -> bool:
        """Whether there are more events than are counted."""
        return self.count > MAX_COUNTED


def _name_field(label: str, placeholder: str, longest: int) -> forms.CharField:
    shown = {
        "class": "qs-input",
        "placeholder": placeholder,
        "autocapitalize": "none",
        "spellcheck": "false",
    }
    widget = forms.TextInput(attrs=shown)
    return forms.CharField(
        label=label, max_length=longest, required=False, widget=widget
    )


def _day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=[MinValueValidator(_EARLIEST), MaxValueValidator(_LATEST)],
        widget=forms.DateInput(attrs={"class": "qs-input", "type": "date"}),
        error_messages={"invalid": "Enter a day as year-month-day."},
    )


class AuditSearch(forms.Form):
    """Names are exact; days are whole ones, in the time zone of who looks."""

    use_required_attribute = False

    namespace = _name_field("Organization", "acme", 255)
    repository = _name_field("Repository", "web", 511)
    performer = _name_field("Done by", "alice or acme+ci", 255)
    group = forms.ChoiceField(
        label="About",
        required=False,
        choices=[("", "Everything"), *((g.name.lower(), g.value) for g in Group)],
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    since = _day_field("From")
    until = _day_field("To")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day must not be before the first one.")
        return cleaned

    def matching(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Those of `events` that are asked for; none if the form has errors."""
        if not self.is_valid():
            return events.none()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        for name, value in given.items():
            events = events.filter(_CONDITIONS[name](value))
        return events


def _of_namespace(name: str) -> Q:
    """By its key, which an index has; by the copied name if it is gone."""
    found = Namespace.objects.filter(name=name).first()
    return Q(namespace_id=found.pk) if found else Q(namespace_name=name)


def _of_repository(name: str) -> Q:
    """By its name, or with the namespace's name before it."""
    namespace, _, rest = name.partition("/")
    return _has_repository(name) | (Q(namespace_name=namespace) & _has_repository(rest))


def _has_repository(name: str) -> Q:
    """Events of it alone, and those that changed permissions of many at once."""
    bulk = PermissionChange.objects.filter(repository_name=name).order_by()
    return Q(repository_name=name) | Q(pk__in=bulk.values("event_id"))


_CONDITIONS: dict[str, Any] = {
    "namespace": _of_namespace,
    "repository": lambda name: (
        _of_repository(name) if "/" in name else _has_repository(name)
    ),
    "performer": lambda name: Q(performer_name=name),
    "group": lambda name: Q(kind__in=KINDS[Group[name.upper()]]),
    "since": lambda day: Q(created_at__gte=_midnight(day)),
    "until": lambda day: Q(created_at__lt=_midnight(day + timedelta(days=1))),
}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())


class AuditFilter(admin.ListFilter):
    """The form as Django's lists know filters: it takes its own parameters."""

    title = "search"
    parameters: ClassVar[list[str]] = list(AuditSearch.base_fields)

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        given = {
            name: params.pop(name)[-1] for name in self.parameters if name in params
        }
        self.form = AuditSearch(given)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [*self.parameters]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        return self.form.matching(queryset)

    def choices(self, changelist: ChangeList) -> Iterator[Mapping[str, object]]:
        return iter(())


class AuditChangeList(CarefulChangeList):
    """Shows its filter above the list, and none beside it."""

    search_form: AuditSearch

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        rows = super().get_queryset(*args, **kwargs)
        [spec] = self.filter_specs
        if isinstance(spec, AuditFilter):
            self.search_form = spec.form
        self.has_filters = False
        return rows
