"""The form of a preset: its own fields, drawn from what it says of them."""

from collections.abc import Mapping
from typing import Any

from django import forms

from federation.entries import MAX_KEYS_BYTES
from federation.presets.fields import Field, Kind
from federation.presets.preset import Preset
from robots.conf import site_url
from robots.errors import DomainError

_MAX_LIST = 64 * 1024
"""Characters of a list in one field."""

_CODE = {"class": "qs-input", "autocomplete": "off", "spellcheck": "false"}


class PresetForm(forms.Form):
    """What a preset asks for; its own rules are asked by `fill`, not here."""

    def __init__(self, preset: Preset, data: Any = None) -> None:
        super().__init__(data)
        for field in preset.fields:
            self.fields[field.name] = _drawn(field)

    @property
    def values(self) -> Mapping[str, Any]:
        """What a valid form says, as `federation.presets.fill` takes it."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def refuse(self, refusal: DomainError) -> None:
        """Show why there can be no such trust, beside the field if it is of one."""
        field, _, words = refusal.message.partition(": ")
        if field in self.fields:
            self.add_error(field, _plain(words))
        else:
            self.add_error(None, _plain(refusal.message))


def _drawn(field: Field) -> forms.Field:
    facts = field.facts(site_url())
    common: dict[str, Any] = {
        "label": _label(field.name),
        "help_text": _plain(field.help),
        "required": facts["required"],
        "initial": facts["default"],
    }
    match field.kind:
        case Kind.FLAG:
            return forms.BooleanField(**{**common, "required": False})
        case Kind.CHOICE:
            return _choice(field, common)
        case Kind.KEYS:
            return _text(common, MAX_KEYS_BYTES, rows=4)
    if field.many:
        common["initial"] = "\n".join(facts["default"])
        common["help_text"] += " One per line."
        return _text(common, _MAX_LIST, rows=2)
    return forms.CharField(
        **common, max_length=field.longest, widget=forms.TextInput(attrs=_CODE)
    )


def _choice(field: Field, common: dict[str, Any]) -> forms.Field:
    choices = [(choice, choice) for choice in field.choices]
    if not field.many:
        select = forms.Select(attrs={"class": "qs-input"})
        return forms.ChoiceField(**common, choices=choices, widget=select)
    # None at all would stand for the usual ones.
    common["required"] = True
    return forms.MultipleChoiceField(
        **common, choices=choices, widget=forms.CheckboxSelectMultiple
    )


def _text(common: dict[str, Any], longest: int, rows: int) -> forms.CharField:
    widget = forms.Textarea(attrs={**_CODE, "rows": rows})
    return forms.CharField(**common, max_length=longest, widget=widget)


def _label(name: str) -> str:
    words = name.replace("_", " ").capitalize()
    return f"{words[:-3]} ID" if words.endswith(" id") else words


def _plain(words: str) -> str:
    """Without the marks around code, which these pages do not draw."""
    return words.replace("`", "")
