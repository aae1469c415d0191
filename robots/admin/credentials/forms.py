"""What is asked for on the page of credentials."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from robots.credentials import TOKEN_LENGTH
from robots.lifecycle.tokens import MAX_GRACE
from robots.renderings import FILES, Scope

GRACES = {
    0: "At once",
    3_600: "In 1 hour",
    86_400: "In 1 day",
    MAX_GRACE: "In 7 days",
}
"""Seconds that the old tokens go on working."""

LIFETIMES = {"": "Never", "30": "In 30 days", "90": "In 90 days", "365": "In 1 year"}
"""Days that a new token lasts."""

SCOPES = {
    Scope.REGISTRY: "The whole registry",
    Scope.NAMESPACE: "This namespace only",
}


class LifetimeForm(forms.Form):
    """When a new token stops working."""

    lifetime = forms.TypedChoiceField(
        label="When does the new one stop working?",
        coerce=int,
        empty_value=None,
        choices=list(LIFETIMES.items()),
        widget=forms.RadioSelect,
        required=False,
        initial="",
        error_messages={"invalid_choice": "Choose one of the times below."},
    )

    @property
    def expires_at(self) -> datetime | None:
        """Of a token that is made now; call it on a valid form."""
        days = self.cleaned_data["lifetime"]
        return None if days is None else timezone.now() + timedelta(days=days)


class RegenerateForm(LifetimeForm):
    """When the tokens that there are stop working, and the new one."""

    grace = forms.TypedChoiceField(
        label="When do the old ones stop working?",
        coerce=int,
        choices=[(str(seconds), text) for seconds, text in GRACES.items()],
        widget=forms.RadioSelect,
        initial="0",
        error_messages={
            "invalid_choice": "Choose one of the times below.",
            "required": "Choose one of the times below.",
        },
    )


class DownloadForm(forms.Form):
    """Which file, and for which images.

    `token` comes from a page that shows a token of which no copy is kept.
    """

    file = forms.ChoiceField(choices=[(name, name) for name in FILES])
    scope = forms.TypedChoiceField(
        coerce=Scope,
        choices=[(str(scope), text) for scope, text in SCOPES.items()],
        required=False,
        empty_value=Scope.REGISTRY,
    )
    token = forms.CharField(required=False, max_length=TOKEN_LENGTH)

    def wrong(self) -> str:
        """What cannot be downloaded, without the value that was sent."""
        allowed: dict[str, Any] = {"file": FILES, "scope": list(Scope)}
        name = next(name for name in ("file", "scope", "token") if name in self.errors)
        return f"{name}: one of {', '.join(allowed.get(name, ['a shown token']))}"
