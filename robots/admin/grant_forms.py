"""Forms that give a role on one repository: to a person, robot account or team."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from robots.admin.choices import CarefulAutocomplete
from robots.admin.ends import EndField
from robots.admin.people_field import PersonField
from robots.models import Repository, RepositoryPermission, Robot, Team
from robots.roles import Role

MINUTES = "%Y-%m-%dT%H:%M"


class RoleForm(forms.Form):
    """A role and its end, in the time zone of who types it."""

    use_required_attribute = False

    role = forms.TypedChoiceField(
        coerce=lambda value: Role(int(value)),
        choices=[
            (Role.READ.value, "Read: pull"),
            (Role.WRITE.value, "Write: pull and push"),
            (Role.ADMIN.value, "Admin: everything"),
        ],
        widget=forms.Select(attrs={"class": "qs-input"}),
    )
    until = EndField(
        label="Ends",
        required=False,
        help_text="Empty: it does not end.",
        widget=forms.DateTimeInput(
            attrs={"class": "qs-input", "type": "datetime-local"}, format=MINUTES
        ),
        error_messages={"invalid": "Enter a day and a time, or leave it empty."},
    )

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise ValidationError("Choose a time in the future.")
        return until


class GrantForm(RoleForm):
    """Grants to one grantee; `do` says in a POST which of the forms it was."""

    do: ClassVar[str] = ""
    chosen: ClassVar[str] = ""
    button: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init__(self, repository: Repository, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{self.do}_%s", initial={"role": Role.READ})
        self.order_fields([self.chosen, "role", "until"])

    @property
    def grantee(self) -> Any:
        """The valid choice."""
        return self.cleaned_data[self.chosen]


class PersonGrantForm(GrantForm):
    """By exact user name: nobody browses the people of the site."""

    do, chosen, title = "add_person", "person", "A person"

    person = PersonField(widget=forms.TextInput(attrs={"class": "qs-input"}))


class _OwnGrantForm(GrantForm):
    """To something of the repository's own namespace, found by typing."""

    def __init__(self, repository: Repository, data: Any = None) -> None:
        super().__init__(repository, data)
        db_field: Any = RepositoryPermission._meta.get_field(self.chosen)
        widget = CarefulAutocomplete(db_field, admin.site)
        widget.namespace = repository.namespace.name
        field: Any = self.fields[self.chosen]
        field.widget = widget
        rows = field.queryset.model.objects.filter(namespace=repository.namespace_id)
        field.queryset = rows.select_related("namespace")


class RobotGrantForm(_OwnGrantForm):
    do, chosen, title = "add_robot", "robot", "A robot account"

    robot = forms.ModelChoiceField(
        Robot.objects.none(),
        label="Robot account",
        help_text="Type a part of its name.",
    )


class TeamGrantForm(_OwnGrantForm):
    do, chosen, title = "add_team", "team", "A team"

    team = forms.ModelChoiceField(
        Team.objects.none(), help_text="Type a part of its name."
    )


class ChangeForm(RoleForm):
    """Another role or end for a permission that there is."""

    def __init__(self, permission: RepositoryPermission, data: Any = None) -> None:
        until = permission.expires_at
        initial = {"role": permission.role, "until": until}
        super().__init__(data, initial=initial, auto_id=f"row{permission.pk}_%s")
        attributes = {"form": f"row{permission.pk}"}
        for name in ("role", "until"):
            self.fields[name].widget.attrs.update(attributes)

    def clean_until(self) -> datetime | None:
        """An end that has passed may stay, so that one sees why it counts no more."""
        if "until" in self.changed_data:
            return super().clean_until()
        until: datetime | None = self.initial["until"]
        return until
