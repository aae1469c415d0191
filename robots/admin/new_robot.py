"""What a new robot is to be, as the form says it, checked against its namespace."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils import timezone

from robots import names
from robots.admin.ends import EndField
from robots.admin.metadata import MetadataField
from robots.errors import NameInvalid, RobotsDisallowed
from robots.lifecycle.first_grants import RoleOn
from robots.lifecycle.robots import MAX_DESCRIPTION, is_disallowed
from robots.models import Namespace, Repository, Robot, Team
from robots.names import MAX_LENGTH, is_repository_name
from robots.roles import Role

MAX_FIRST_REPOSITORIES = 200
"""Repositories that the form takes; its permissions page has no such limit."""

BOXES = 30
"""Up to this many teams each have a box to tick; more of them are typed."""

NAME_RULE = (
    "Lowercase letters and digits, one of . _ - between them; 2 characters or more."
)
NOT_CREATED = "Error creating robot account."
DISALLOWED = f"Cannot create robot account. {RobotsDisallowed.MESSAGE}"

_MOMENT = "%Y-%m-%dT%H:%M"
NO_TEAMS = "You may not add members to teams: this has been left out."
NO_REPOSITORIES = "You may not give permissions: these have been left out."
_UNKNOWN = "There is no {} {} here."
_NAMED = 5


class NewRobotForm(forms.Form):
    """Everything but the teams and repositories, which are lists beside it.

    An unchecked form shows again what was typed, without a word about it. Teams are
    for who `may_join`, repositories for who `may_grant`: nobody else can name any.
    """

    name = forms.CharField(max_length=MAX_LENGTH)
    description = forms.CharField(max_length=MAX_DESCRIPTION, required=False)
    expires_at = EndField(
        required=False,
        input_formats=[_MOMENT, f"{_MOMENT}:%S"],
        widget=forms.DateTimeInput(format=_MOMENT, attrs={"type": "datetime-local"}),
    )
    metadata = MetadataField(widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(
        self,
        namespace: Namespace,
        data: Any = None,
        *,
        checked: bool = True,
        may_join: bool = True,
        may_grant: bool = True,
    ) -> None:
        super().__init__(data)
        self.namespace = namespace
        self.checked = checked
        self.may_join = may_join
        self.may_grant = may_grant
        self.disallowed = False
        self.all_teams = _team_names(namespace)
        self.team_names = _listed(data, "teams")
        self.errors_of_teams: list[str] = []
        self.errors_of_rows: list[str] = []
        self.errors_of_typed: list[str] = []
        self.rows = _rows(data)
        self.typed, self.typed_role = _typed(namespace, data)
        if self.typed and may_grant:
            self._take_typed()
        for name in self.fields:
            self._dress(name)

    @property
    def full_name(self) -> str:
        return f"{self.namespace.name}+{self['name'].value() or ''}"

    @property
    def shows_teams(self) -> bool:
        """Whether there is a part about teams, if only to say what is wrong."""
        return self.namespace.is_organization and (
            self.may_join or bool(self.errors_of_teams)
        )

    @property
    def shows_repositories(self) -> bool:
        return self.may_grant or bool(self.errors_of_rows)

    @property
    def places(self) -> dict[str, int]:
        """The number of each part that is shown."""
        shown = {"teams": self.shows_teams, "repositories": self.shows_repositories}
        parts = ["name", *(part for part, is_shown in shown.items() if is_shown), "end"]
        return {part: place for place, part in enumerate(parts, 1)}

    @property
    def headline(self) -> str:
        """What to say of a form with errors before all of them."""
        return DISALLOWED if self.disallowed else NOT_CREATED

    @property
    def permissions(self) -> list[RoleOn]:
        """What the deed takes; call it on a valid form."""
        return [(name, Role.from_name(role)) for name, role in self.rows]

    def full_clean(self) -> None:
        if self.checked:
            super().full_clean()
        else:
            self._errors = ErrorDict()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            names.check_robot_name(self.namespace.name, name)
        except NameInvalid as error:
            raise ValidationError(error.message) from None
        full_name = f"{self.namespace.name}+{name}"
        if is_disallowed(self.namespace, full_name):
            self.disallow()
        elif Robot.objects.filter(namespace=self.namespace, name=name).exists():
            raise ValidationError(f"Existing robot with name: {full_name}")
        return name

    def clean_expires_at(self) -> Any:
        end = self.cleaned_data["expires_at"]
        if end is not None and end <= timezone.now():
            raise ValidationError("This time has passed; choose one to come.")
        return end

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.errors_of_teams = self._wrong_teams()
        self.errors_of_rows = self._wrong_rows()
        if self.errors_of_teams or self.errors_of_rows or self.errors_of_typed:
            self.add_error(None, NOT_CREATED)
        return cleaned

    def disallow(self) -> None:
        """Robots may not be created at present."""
        self.disallowed = True
        self.add_error(None, DISALLOWED)

    def _take_typed(self) -> None:
        """Add the repository that stands in the box, or say why not."""
        row = (self.typed, self.typed_role)
        self.errors_of_typed = self._refused([row])
        if not self.errors_of_typed:
            self.rows = list({**dict(self.rows), self.typed: self.typed_role}.items())
            self.typed = ""

    def _wrong_teams(self) -> list[str]:
        if self.team_names and not self.may_join:
            return [NO_TEAMS]
        known = set(self.all_teams)
        unknown = [name for name in self.team_names if name not in known]
        return [_UNKNOWN.format("team", _cut(name)) for name in unknown[:_NAMED]]

    def _wrong_rows(self) -> list[str]:
        if (self.rows or self.typed) and not self.may_grant:
            return [NO_REPOSITORIES]
        return self._refused(self.rows)

    def _refused(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        if len(rows) > MAX_FIRST_REPOSITORIES:
            return [
                f"At most {MAX_FIRST_REPOSITORIES} repositories here; add others once"
                " the robot account is there."
            ]
        wanted = [name for name, _ in rows if is_repository_name(name)]
        found = Repository.objects.filter(namespace=self.namespace, name__in=wanted)
        known = set(found.values_list("name", flat=True)) if wanted else set()
        unknown = [name for name, _ in rows if name not in known]
        odd = [name for name, role in rows if role not in Role.labels]
        return [
            *(_UNKNOWN.format("repository", _cut(name)) for name in unknown[:_NAMED]),
            *(f"{_cut(name)}: choose read, write or admin." for name in odd[:_NAMED]),
        ]

    def _dress(self, name: str) -> None:
        """The look of a field's box; who cannot see hears its help and its errors."""
        attrs = {
            "class": "qs-input",
            "aria-describedby": f"{name}-help {name}-errors",
            "autocomplete": "off",
        }
        if name == "name":
            attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.fields[name].widget.attrs |= attrs


def _listed(data: Any, name: str) -> list[str]:
    """Values from boxes, or one text with commas; each once."""
    values = data.getlist(name) if data is not None else []
    parts = [part.strip() for value in values for part in value.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def _rows(data: Any) -> list[tuple[str, str]]:
    """Pairs of a repository's name and a role's; the last word on each counts.

    `remove` names one that is taken out.
    """
    if data is None:
        return []
    given = zip(data.getlist("repository"), data.getlist("role"), strict=False)
    rows = {name.strip(): role for name, role in given if name.strip()}
    rows.pop(data.get("remove", ""), None)
    return list(rows.items())


def _typed(namespace: Namespace, data: Any) -> tuple[str, str]:
    """The repository in the box, by its name alone or in full, and its role."""
    if data is None:
        return "", Role.READ.label
    name = data.get("new_repository", "").strip().removeprefix(f"{namespace.name}/")
    return name, data.get("new_role", "")


def _cut(name: str) -> str:
    return name[:MAX_LENGTH]


def _team_names(namespace: Namespace) -> Sequence[str]:
    rows = Team.objects.filter(namespace=namespace).order_by("name")
    return list(rows.values_list("name", flat=True))
