"""Ends on pages: the boxes in which one types them, and how they are shown."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from robots.ends import RULE, YEARS, is_end

_WRONG = f"Enter {RULE}."


class _Bounded(forms.Field):
    """Refuses what `robots.ends` does; what is stored nevertheless is shown in UTC."""

    def clean(self, value: Any) -> Any:
        try:
            moment = super().clean(value)
        except ValidationError as error:
            if _is_out_of_zone(error):
                raise ValidationError(_WRONG, "invalid") from None
            raise
        if moment is not None and not is_end(moment):
            raise ValidationError(_WRONG, "invalid")
        return moment

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and timezone.is_aware(value):
            value = local(value).replace(tzinfo=None)
        return super().prepare_value(value)


class EndField(_Bounded, forms.DateTimeField):
    """In one box, in the time zone of who types it."""


class SplitEndField(_Bounded, forms.SplitDateTimeField):
    """In two boxes, as the forms of rows have it."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


END_FIELDS: dict[Any, Any] = {models.DateTimeField: {"form_class": SplitEndField}}
"""`formfield_overrides` of an admin whose rows have an end to be typed."""


def _is_out_of_zone(error: ValidationError) -> bool:
    """Whether Django found no such time in the zone, as the year is out of bounds."""
    typed = (getattr(error, "params", None) or {}).get("datetime")
    return isinstance(typed, datetime) and typed.year not in YEARS


def local(at: datetime) -> datetime:
    """`at` in the person's zone; in UTC where that zone has no such time."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at.astimezone(UTC)
