"""Which role the selection gets, and when what is set ends."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from robots.admin.ends import EndField
from robots.admin.set_permissions.choices import ROLES, Choices, role_of
from robots.lifecycle.bulk_permissions import NO_ROLE, Wanted


class WhatForm(forms.Form):
    """Its errors depend on the `choices` that it is about."""

    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *ROLES],
        required=False,
        label="Role for the selected",
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    until = EndField(
        required=False,
        label="Ends (optional)",
        help_text="Leave it empty for no end.",
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M",
            attrs={"class": "qs-input", "type": "datetime-local"},
        ),
        error_messages={"invalid": "Enter a date and a time, or leave it empty."},
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "set-%s")
        super().__init__(*args, **kwargs)
        self.choices = choices

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is None:
            return None
        if until <= timezone.now():
            raise ValidationError("This time has passed: choose one that is to come.")
        return until.astimezone(UTC)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "role" in self.cleaned_data:
            self._check_role(bool(self.cleaned_data["role"]))
        if self.cleaned_data.get("until") and not self._ends_anything():
            self.add_error("until", "There is nothing to end where the role is None.")
        return cleaned

    def selection(self) -> Wanted | None:
        """What is wanted of all that are selected, if any is."""
        role: str = self.cleaned_data["role"]
        return self._wanted(role) if self.choices.selects else None

    def own(self) -> list[Wanted]:
        """What is wanted of the rows that got a role of their own."""
        names = set(self.choices.roles.values())
        return [self._wanted(name) for name, _ in ROLES if name in names]

    def _wanted(self, name: str) -> Wanted:
        role = role_of(name)
        return Wanted(role, self.cleaned_data["until"] if role else None)

    def _check_role(self, is_chosen: bool) -> None:
        if self.choices.selects and not is_chosen:
            self.add_error("role", "Choose the role that the selected ones get.")
        elif is_chosen and not self.choices.selects:
            self.add_error(
                "role",
                "Select the repositories that get this role: tick them, or select all"
                " that match.",
            )
        elif not self.choices:
            self.add_error(
                "role",
                "Nothing is chosen yet: select repositories and choose their role,"
                " or choose a role in their rows.",
            )

    def _ends_anything(self) -> bool:
        return any(name != NO_ROLE for name in self._roles())

    def _roles(self) -> Iterator[str]:
        yield from self.choices.roles.values()
        if role := self.cleaned_data.get("role"):
            yield role
