"""Pages that change things through deeds, each of which writes its audit event."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, QueryDict

from robots.admin.choices import CarefulAutocomplete
from robots.admin.owned import NAMESPACE_PARAMETER, OwnedAdmin
from robots.admin.refusals import RefusingAdmin
from robots.models import Namespace


class DeedAdmin(RefusingAdmin, OwnedAdmin):
    """Saving and deleting call `create`, `change` and `remove`, nothing else.

    Each of the three runs inside a transaction and writes its audit event there.
    `add_fields` are those of a new row, `add_help` stands above them;
    `settled_fields` never change afterwards.
    """

    add_fields: ClassVar[tuple[str, ...]] = ()
    add_help: ClassVar[str] = ""
    settled_fields: ClassVar[tuple[str, ...]] = ()

    def create(self, request: HttpRequest, obj: Any) -> Model:
        """Create the row that the unsaved `obj` describes."""
        raise NotImplementedError

    def change(self, request: HttpRequest, obj: Any, form: Any) -> None:
        """Store what `form.changed_data` names; `obj` holds the new values."""
        raise NotImplementedError

    def remove(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return super().get_fields(request, obj) if obj else self.add_fields

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = self.get_fields(request, obj)
        help_text = "" if obj else self.add_help
        return [(None, {"fields": fields, "description": help_text})]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        settled = self.settled_fields if obj else ()
        return (*super().get_readonly_fields(request, obj), *settled)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A link may say where or for whom a row is to be, and nothing else."""
        given = super().get_changeform_initial_data(request)
        chosen: dict[str, Any] = {
            k: v for k, v in given.items() if k in self.autocomplete_fields
        }
        if listed := self._listed_namespace(request):
            chosen.setdefault("namespace", listed.pk)
        return chosen

    def _listed_namespace(self, request: HttpRequest) -> Namespace | None:
        """The namespace of the list that the person comes from."""
        filters = QueryDict(request.GET.get("_changelist_filters", ""))
        return self.named_namespace(request, filters.get(NAMESPACE_PARAMETER, ""))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = CarefulAutocomplete(db_field, self.admin_site)
        others = self.admin_site._registry.get(db_field.related_model)
        if isinstance(others, OwnedAdmin):
            rows = others.get_queryset(request)
            kwargs["queryset"] = others.changeable(request, rows)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Model, form: forms.Form, change: bool
    ) -> None:
        self.check_may(request, "change" if change else "add", obj)
        if not change:
            made = self.create(request, obj)
            obj.pk, obj._state.adding = made.pk, False
        elif form.changed_data:
            self.change(request, obj, form)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            self.remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.remove(request, obj)


def facts_of(obj: Model, fields: Iterable[str]) -> dict[str, Any]:
    """The values of `fields`, as an audit event keeps them."""
    facts: dict[str, Any] = {}
    for name in fields:
        value = getattr(obj, name)
        if isinstance(value, datetime):
            value = value.isoformat()
        facts[name] = str(value) if isinstance(value, Model) else value
    return facts
