"""Conditions on claims as rows of a form: each a claim, a comparison, values."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError

from federation.conditions import (
    MAX_CONDITIONS,
    MAX_TEXT,
    MAX_VALUES,
    Condition,
    Operator,
    parse,
)
from robots.errors import DomainError

TEXT = "text"
JSON = "json"

_MAX_VALUES_TEXT = 2 * MAX_VALUES * MAX_TEXT
_OPERATORS = {
    Operator.EQUALS: "is",
    Operator.ONE_OF: "is one of",
    Operator.GLOB: "is like (* stands for anything)",
}
_WRONG_JSON = (
    'Enter a JSON list of texts, whole numbers and booleans, such as ["a", 1, true].'
)


class ExactField(forms.CharField):
    """A text that is changed only if it is not what the page showed.

    Browsers take line breaks out of one line, and send those of many as two
    characters each.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def validate(self, value: Any) -> None:
        """Blanks alone are nothing."""
        super().validate(value.strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        lost = "\r" if isinstance(self.widget, forms.Textarea) else "\r\n"
        table = str.maketrans("", "", lost)
        return str(initial or "").translate(table) != str(data or "").translate(table)


class ConditionForm(forms.Form):
    """One condition; a row without claim and values is none."""

    claim = ExactField(
        label="Claim",
        required=False,
        max_length=MAX_TEXT,
        widget=forms.TextInput(
            attrs={"class": "qs-input", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    operator = forms.ChoiceField(
        label="Comparison",
        initial=Operator.EQUALS.value,
        choices=[(it.value, text) for it, text in _OPERATORS.items()],
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    values = ExactField(
        label="Values",
        required=False,
        max_length=_MAX_VALUES_TEXT,
        widget=forms.Textarea(
            attrs={"class": "qs-input", "rows": 2, "spellcheck": "false"}
        ),
    )
    written = forms.ChoiceField(
        label="Written as",
        initial=TEXT,
        choices=[(TEXT, "texts, one per line"), (JSON, "a JSON list")],
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    ignore_case = forms.BooleanField(label="Ignore case", required=False)

    def clean(self) -> dict[str, Any]:
        """`condition` is what the row says, or None."""
        said: dict[str, Any] = super().clean() or {}
        if self.errors or self._is_deleted():
            return said
        claim, values = said["claim"].strip(), _unbroken(said["values"]).strip()
        if claim and not values:
            self.add_error("values", f"Enter 1 to {MAX_VALUES} values.")
        elif claim or values:
            self._parse(claim, values, said)
        return said

    def _parse(self, claim: str, values: str, said: dict[str, Any]) -> None:
        try:
            said["condition"] = parse(
                {
                    "claim": claim,
                    "operator": said["operator"],
                    "values": _values(values, said["written"]),
                    "ignore_case": said["ignore_case"],
                }
            )
        except DomainError as refusal:
            words = refusal.message.removeprefix("conditions: ")
            self.add_error("claim" if words.startswith("claim") else "values", words)
        except ValidationError as error:
            self.add_error("values", error)

    def _is_deleted(self) -> bool:
        return bool(self.cleaned_data.get("DELETE"))


class _Conditions(forms.BaseFormSet):  # type: ignore[type-arg]
    deletion_widget = forms.CheckboxInput

    def add_fields(self, form: ConditionForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = "Remove"

    def said(self) -> tuple[Condition, ...]:
        """The conditions of the rows that are left."""
        cleaned = [form.cleaned_data for form in self.forms]
        return tuple(
            row["condition"]
            for row in cleaned
            if row.get("condition") and not row.get("DELETE")
        )


ConditionSet = forms.formset_factory(
    ConditionForm,
    formset=_Conditions,
    extra=1,
    can_delete=True,
    max_num=MAX_CONDITIONS,
    absolute_max=MAX_CONDITIONS + 1,
    validate_max=True,
)


def rows_of(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """The rows that say `conditions`."""
    return [_row(condition) for condition in conditions]


def _row(condition: Condition) -> dict[str, Any]:
    simple = all(map(_fits_a_line, condition.values))
    values = condition.values
    return {
        "claim": condition.claim,
        "operator": condition.operator.value,
        "values": "\n".join(map(str, values)) if simple else json.dumps(list(values)),
        "written": TEXT if simple else JSON,
        "ignore_case": condition.ignore_case,
    }


def _fits_a_line(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and "\n" not in value


def _unbroken(text: str) -> str:
    """Browsers send each line's end as two characters."""
    return text.replace("\r\n", "\n")


def _values(text: str, written: str) -> list[Any]:
    if written == TEXT:
        return [line.strip() for line in text.split("\n") if line.strip()]
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValidationError(_WRONG_JSON, code="invalid") from None
    if not isinstance(found, list):
        raise ValidationError(_WRONG_JSON, code="invalid")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
