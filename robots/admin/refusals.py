"""Deeds that are refused: shown beside the field or on the page, never as a 500."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from robots.admin.theme import ThemedAdmin
from robots.errors import AlreadyExists, DomainError, NameInvalid

REFUSALS = (DomainError, IntegrityError, DataError)
"""What a deed raises when it cannot be done; nothing of it is stored then."""


def explain(refusal: Exception) -> str:
    """What to tell the person; the database's own words stay out of it."""
    if isinstance(refusal, DomainError):
        return refusal.message
    return (
        "The database refused this: something was changed at the same time, or"
        " still depends on it. Nothing was stored; look at it again, then retry."
    )


class RefusableForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that can show why the deed it led to was refused."""

    refusal: ClassVar[Exception | None] = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            self.add_error(self._refused_field(), explain(self.refusal))
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Errors of fields that this page only shows cannot be mended on it."""
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            shown = {
                name: errors
                for name, errors in error.error_dict.items()
                if name == NON_FIELD_ERRORS or name in self.fields
            }
            error = ValidationError(shown)
        super().add_error(field, error)

    def refuse_foreign(self, namespace_id: int | None, *fields: str) -> None:
        """An error beside each of `fields` whose choice is of another namespace."""
        for field in fields:
            chosen = (self.cleaned_data or {}).get(field)
            if chosen and namespace_id and chosen.namespace_id != namespace_id:
                self.add_error(field, f"{chosen} belongs to another namespace.")

    def _post_clean(self) -> None:
        """What is refused was valid a moment ago. It lacks the refused field by now, so
        a second look would find that wrong as well.
        """
        if self.refusal is None:
            super()._post_clean()  # type: ignore[misc]

    def _refused_field(self) -> str | None:
        about_name = isinstance(self.refusal, NameInvalid | AlreadyExists)
        return "name" if about_name and "name" in self.fields else None


class RefusingAdmin(ThemedAdmin):
    """Pages whose deeds may be refused. Django has each of them in a transaction."""

    form = RefusableForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was refused is shown again, by a form that knows the reason."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSALS as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)  # type: ignore[attr-defined]
        return form

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as refusal:
            self.message_user(request, explain(refusal), messages.ERROR)
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(page, args=[object_id]))

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """All of the chosen rows or none: Django has no transaction around actions."""
        try:
            with transaction.atomic():
                return super().response_action(request, queryset, *args, **kwargs)
        except REFUSALS as refusal:
            self.message_user(request, explain(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
