"""The forms of an emergency switch: its terms, and the word that confirms them."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from robots.admin.ends import EndField
from robots.errors import DomainError
from robots.lifecycle.switches import (
    MAX_ALLOWED,
    MAX_REASON,
    Terms,
    check_allowed,
    check_end,
)
from robots.models import EmergencySwitch, Namespace, Robot
from robots.names import MAX_LENGTH
from robots.switch_targets import Target

WORD = "confirm"
"""What to type before the robots of the whole site are stopped."""

_PICKER = "%Y-%m-%dT%H:%M"


class TermsForm(forms.Form):
    """Reason, end and exceptions, as people write them; `terms` once it is valid."""

    reason = forms.CharField(
        max_length=MAX_REASON,
        help_text="Everybody who is concerned reads it, and so does the audit log.",
    )
    ends_at = EndField(
        label="Ends at",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_PICKER),
        error_messages={
            "invalid": "Enter a date and a time, such as 2030-01-31 18:00."
        },
    )
    allowed = forms.CharField(
        label="Robot accounts that go on working",
        required=False,
        max_length=MAX_ALLOWED * (MAX_LENGTH + 2),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, target: Target, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target
        namespace = target.name if isinstance(target, Namespace) else "acme"
        example = f"{namespace}+mirror"
        self.fields["ends_at"].help_text = (
            "The switch then turns itself off. Leave it empty to keep it on until"
            f" somebody turns it off. Times are in {timezone.get_current_timezone()}."
        )
        spared = f"Full names, one a line, such as {example}. {MAX_ALLOWED} at most."
        self.fields["allowed"].help_text = spared
        if isinstance(target, Robot):
            del self.fields["allowed"]
        for name, field in self.fields.items():
            help_id = f"id_{name}_helptext"
            field.widget.attrs |= {"class": "qs-input", "aria-describedby": help_id}
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_ends_at(self) -> datetime | None:
        ends_at: datetime | None = self.cleaned_data["ends_at"]
        _checked(check_end, ends_at, timezone.now())
        return ends_at

    def clean_allowed(self) -> tuple[str, ...]:
        names: tuple[str, ...] = _checked(
            check_allowed, self.target, self.cleaned_data["allowed"].split()
        )
        return names

    @property
    def terms(self) -> Terms:
        return Terms(**self.cleaned_data)


class ConfirmForm(forms.Form):
    """The word, typed."""

    word = forms.CharField(
        label=f"Type {WORD} to stop them",
        widget=forms.TextInput(
            attrs={"class": "qs-input", "autocomplete": "off", "autocapitalize": "none"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and self.errors:
            self.fields["word"].widget.attrs["aria-invalid"] = "true"

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).strip()
        if word != WORD:
            raise ValidationError(f"Type the word {WORD}.")
        return word


def initial_of(switch: EmergencySwitch | None) -> dict[str, Any]:
    """What the form of a switch that is on begins with."""
    if switch is None:
        return {}
    return {
        "reason": switch.reason,
        "ends_at": switch.ends_at,
        "allowed": switch.allowed,
    }


def _checked(check: Any, *args: Any) -> Any:
    """What `check` answers, its refusal being an error of the field."""
    try:
        return check(*args)
    except DomainError as refusal:
        raise ValidationError(refusal.message) from None
