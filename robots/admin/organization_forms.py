"""Forms about organizations: a new one, its settings, and its end."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from robots.admin.people_field import PersonField
from robots.admin.refusals import RefusableForm
from robots.lifecycle.organizations import EmailTaken
from robots.models import Namespace

NAME_RULE = (
    "2 to 255 lowercase letters and digits; one of . _ - may stand between them."
    " It is the first part of the name of everything in it: name/repository,"
    " name+robot. No other organization and no person may have it."
)


class SettingsForm(RefusableForm):
    """What may be changed later."""

    class Meta:
        model = Namespace
        fields = ("email", "enabled")
        labels = {"email": "E-mail"}  # noqa: RUF012 - as Django has it
        help_texts = {  # noqa: RUF012
            "enabled": (
                "While off, nobody logs in, pulls or pushes here: no robot, no person."
                " Nothing is deleted, and on brings all of it back."
            ),
        }

    def _refused_field(self) -> str | None:
        message = str(getattr(self.refusal, "message", ""))
        about_email = isinstance(self.refusal, EmailTaken) or "mail" in message.lower()
        if about_email and "email" in self.fields:
            return "email"
        return super()._refused_field()


class NewOrganizationForm(SettingsForm):
    """Whoever fills it in becomes the first of the owners."""

    class Meta(SettingsForm.Meta):
        fields = ("name", "email")
        help_texts = {"name": NAME_RULE}  # noqa: RUF012


class OrganizationForOthersForm(NewOrganizationForm):
    """For staff, who make organizations that they do not run."""

    first_owner = PersonField(
        required=False,
        help_text=(
            "Exact user name of who is put in its team owners, and adds the others."
            " Left empty, you are."
        ),
    )

    def save(self, commit: bool = True) -> Any:
        made = super().save(commit)
        made.first_owner = self.cleaned_data.get("first_owner")
        return made


class TypedNameForm(forms.Form):
    """Asks for the name of what is to be deleted, so that nobody does it by chance."""

    name = forms.CharField(
        max_length=255,
        widget=forms.TextInput(
            attrs={
                "class": "qs-input",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].label = f"Type {expected} to confirm"

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.expected:
            raise ValidationError(f"Type exactly {self.expected}, nothing else.")
        return name
