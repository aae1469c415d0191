"""Who is in which team: the flat list, and the forms that add a member."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from robots.admin.choices import CarefulAutocomplete
from robots.admin.creating import CreatingAdmin
from robots.admin.lists import NamespaceFilter
from robots.admin.people_field import PeopleByNameAdmin, PersonField
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.lifecycle.teams import add_member, remove_member
from robots.models import Robot, Team, TeamMember


class TeamMemberForm(RefusableForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if team := self.cleaned_data.get("team"):
            self.refuse_foreign(team.namespace_id, "robot")
        return cleaned


@admin.register(TeamMember)
class TeamMemberAdmin(PeopleByNameAdmin, CreatingAdmin):
    """Added and removed; there is nothing in between to change."""

    form = TeamMemberForm
    list_title = "Team members"
    create_text = "Add a member"
    change_title = "Team member"
    organizations_only = True
    organization_tab = "teams"
    list_display = ("member", "team_name", "namespace", "created_at")
    list_filter = (NamespaceFilter,)
    list_select_related = ("namespace", "team", "user", "robot__namespace")
    search_fields = ("team__name", "namespace__name", "user__username", "robot__name")
    autocomplete_fields = ("team", "robot")
    add_fields = ("team", "user", "robot")
    add_help = "A person, or a robot of the team's own organization; not both."
    fields = (*add_fields, "created_at")
    readonly_fields = ("created_at",)

    @admin.display(description="member")
    def member(self, obj: TeamMember) -> str:
        return str(obj.robot or obj.user)

    @admin.display(description="team", ordering="team__name")
    def team_name(self, obj: TeamMember) -> str:
        return obj.team.name

    def create(self, request: HttpRequest, obj: TeamMember) -> Model:
        return add_member(obj.team, _of(obj), performer_of(request))

    def remove(self, request: HttpRequest, obj: TeamMember) -> None:
        remove_member(obj.team, _of(obj), performer_of(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MemberForm(forms.Form):
    """Adds one member to `team`; `do` says in a POST which of the forms it was."""

    do: ClassVar[str] = ""
    chosen: ClassVar[str] = ""
    button: ClassVar[str] = ""

    def __init__(self, team: Team, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{self.do}_%s")

    @property
    def member(self) -> Any:
        """The valid choice."""
        return self.cleaned_data[self.chosen]


class PersonForm(MemberForm):
    """By exact user name: nobody browses the people of the site."""

    do, chosen, button = "add_person", "person", "Add person"

    person = PersonField(widget=forms.TextInput(attrs={"class": "qs-input"}))


class RobotForm(MemberForm):
    """Of the robots of the team's own organization."""

    do, chosen, button = "add_robot", "robot", "Add robot account"

    robot = forms.ModelChoiceField(
        Robot.objects.none(),
        label="Robot account",
        help_text="Type a part of its name.",
    )

    def __init__(self, team: Team, data: Any = None) -> None:
        super().__init__(team, data)
        rows = Robot.objects.filter(namespace=team.namespace_id)
        field: Any = TeamMember._meta.get_field("robot")
        widget = CarefulAutocomplete(field, admin.site)
        widget.namespace = team.namespace.name
        robot: Any = self.fields["robot"]
        robot.widget = widget
        robot.queryset = rows.select_related("namespace")


def _of(row: TeamMember) -> Any:
    return row.robot or row.user
