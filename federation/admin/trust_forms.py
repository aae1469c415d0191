"""The form of one trust: issuer and subject first, and below whatever else it says.

What nobody touched stays as it is stored, byte for byte: pages cannot show every
text that the API takes, and a trust must not change by being looked at.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms

from federation.admin.condition_forms import ConditionSet, ExactField, rows_of
from federation.entries import (
    MAX_AGE,
    MAX_AUDIENCES,
    MAX_KEYS_BYTES,
    MAX_LENGTH,
    MAX_NAME,
    Entry,
    SubjectMatch,
)
from robots.admin.ends import EndField
from robots.errors import AlreadyExists, DomainError

FIRST = ("issuer", "subject")
_CODE = {"class": "qs-input", "autocomplete": "off", "spellcheck": "false"}
_MATCHES = {
    SubjectMatch.EXACT: "exactly this text",
    SubjectMatch.GLOB: "as a pattern (glob)",
}


class TrustForm(forms.Form):
    """`before` is the trust as it is, if there is one; `entry` what it is to be."""

    issuer = ExactField(
        label="Issuer URL",
        max_length=MAX_LENGTH,
        help_text="Who signs the tokens: what their claim iss says, byte for byte,"
        " such as https://sso.example.com/realms/ci.",
        widget=forms.TextInput(attrs={**_CODE, "inputmode": "url"}),
    )
    subject = ExactField(
        label="Subject",
        max_length=MAX_LENGTH,
        help_text="Whose tokens: what their claim sub says. At Keycloak it is the id"
        " of a user, at Kubernetes system:serviceaccount:NAMESPACE:NAME.",
        widget=forms.TextInput(attrs=_CODE),
    )
    name = ExactField(
        label="Name",
        required=False,
        max_length=MAX_NAME,
        help_text="For people: what this trust is for.",
        widget=forms.TextInput(attrs={"class": "qs-input", "autocomplete": "off"}),
    )
    audiences = ExactField(
        label="Audiences",
        required=False,
        max_length=MAX_AUDIENCES * (MAX_LENGTH + 2),
        help_text="One per line. All that a token's claim aud names must be here;"
        " without any, tokens made for other services are taken too.",
        widget=forms.Textarea(attrs={**_CODE, "rows": 2}),
    )
    subject_match = forms.ChoiceField(
        label="The subject is compared",
        choices=[(it.value, text) for it, text in _MATCHES.items()],
        help_text="In a pattern, * stands for any characters but / : and @, and **"
        " for those too. There are no regular expressions.",
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    ignore_case = forms.BooleanField(
        label="Ignore the subject's case (A to Z)", required=False
    )
    max_age = forms.IntegerField(
        label="Oldest token, in seconds",
        required=False,
        min_value=1,
        max_value=MAX_AGE,
        help_text=f"1 to {MAX_AGE}, counted from its claim iat. Empty for any age.",
        widget=forms.NumberInput(attrs={"class": "qs-input"}),
    )
    single_use = forms.BooleanField(
        label="Each token works once",
        required=False,
        help_text="Right where a job can have a new token for every login.",
    )
    keys = ExactField(
        label="The issuer's keys (JWKS)",
        required=False,
        max_length=MAX_KEYS_BYTES,
        help_text="A JSON Web Key Set of public keys, for an issuer that cannot be"
        " asked for it. Empty to ask the issuer.",
        widget=forms.Textarea(attrs={**_CODE, "rows": 3}),
    )
    expires_at = EndField(
        label="Ends",
        required=False,
        help_text="In your time zone. Nobody is let in after it, and tokens end with"
        " it. Empty for no end.",
        widget=forms.DateTimeInput(
            attrs={"class": "qs-input", "type": "datetime-local", "step": "1"},
            format="%Y-%m-%dT%H:%M:%S",
        ),
    )
    enabled = forms.BooleanField(label="Enabled", required=False)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(
        self, data: Any = None, *, before: Entry | None = None, revision: int = 0
    ) -> None:
        self.before = before or Entry("", "")
        super().__init__(data, initial={**_shown(self.before), "revision": revision})
        rows = rows_of(self.before.conditions)
        self.conditions: Any = ConditionSet(data, initial=rows, prefix="conditions")

    def is_valid(self) -> bool:
        """Of the conditions too: each has its errors beside it."""
        return all([super().is_valid(), self.conditions.is_valid()])

    @property
    def entry(self) -> Entry:
        """What a valid form says the trust is to be."""
        said = {name: self._said(name) for name in _READ if name in self.changed_data}
        if self.conditions.has_changed():
            said["conditions"] = self.conditions.said()
        return replace(self.before, **said)

    @property
    def seen(self) -> int:
        """The revision that the form was filled from."""
        return self.cleaned_data.get("revision") or 0

    @property
    def opens_more(self) -> bool:
        """Whether what is below the first two fields is worth a look at once."""
        plain = Entry(self.before.issuer, self.before.subject)
        return bool(
            self.before != plain
            or self.errors.keys() - set(FIRST)
            or (self.is_bound and not self.conditions.is_valid())
        )

    def refuse(self, refusal: DomainError) -> None:
        """Show why the trust cannot be this, beside the field that it is about."""
        field, _, words = refusal.message.partition(": ")
        if isinstance(refusal, AlreadyExists):
            self.add_error("subject", refusal.message)
        elif field == "conditions":
            self.conditions.non_form_errors().append(words)
        elif field in self.fields:
            self.add_error(field, words)
        elif refusal.message.startswith("Issuer "):
            self.add_error("issuer", refusal.message)
        else:
            self.add_error(None, refusal.message)

    def _said(self, name: str) -> Any:
        return _READ[name](self.cleaned_data[name])


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _same(value: Any) -> Any:
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "issuer": str.strip,
    "subject": str.strip,
    "name": str.strip,
    "audiences": _lines,
    "subject_match": SubjectMatch,
    "ignore_case": _same,
    "max_age": _same,
    "single_use": _same,
    "keys": str.strip,
    "expires_at": _same,
    "enabled": _same,
}
"""What each field's text means."""


def _shown(entry: Entry) -> dict[str, Any]:
    """What the fields show of a trust."""
    shown: dict[str, Any] = {name: getattr(entry, name) for name in _READ}
    shown["audiences"] = "\n".join(entry.audiences)
    shown["subject_match"] = entry.subject_match.value
    return shown
