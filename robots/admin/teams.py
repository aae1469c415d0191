"""Teams, and who is in them."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from robots import audit
from robots.admin.deeds import DeedAdmin, list_link
from robots.admin.lists import NamespaceFilter
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.errors import AlreadyExists
from robots.lifecycle.teams import add_member, remove_member, set_team
from robots.models import Team, TeamMember
from robots.roles import TeamRole


@admin.register(Team)
class TeamAdmin(DeedAdmin):
    list_title = "Teams"
    organization_tab = "teams"
    members_look = True
    list_display = ("name", "namespace", "role", "created_at")
    list_filter = (NamespaceFilter, "role")
    list_select_related = ("namespace",)
    search_fields = ("name", "namespace__name")
    autocomplete_fields = ("namespace",)
    add_fields = ("namespace", "name", "role", "description")
    settled_fields = ("namespace", "name")
    fields = (*add_fields, "members", "created_at")
    readonly_fields = ("members", "created_at")

    @admin.display(description="members")
    def members(self, obj: Team) -> SafeString:
        return list_link(TeamMember, "Show its members", team__id__exact=obj.pk)

    def create(self, request: HttpRequest, obj: Team) -> Model:
        team, is_new = set_team(
            obj.namespace, obj.name, TeamRole(obj.role), performer_of(request)
        )
        if not is_new:
            raise AlreadyExists(f"{obj.namespace} has a team {obj.name} already")
        if obj.description:
            team.description = obj.description
            self._describe(request, team)
        return team

    def change(self, request: HttpRequest, obj: Team, form: Any) -> None:
        if "role" in form.changed_data:
            set_team(obj.namespace, obj.name, TeamRole(obj.role), performer_of(request))
        if "description" in form.changed_data:
            self._describe(request, obj)

    def remove(self, request: HttpRequest, obj: Team) -> None:
        audit.record(
            "org_delete_team", performer_of(request), obj.namespace, team=obj.name
        )
        obj.delete()

    def _describe(self, request: HttpRequest, team: Team) -> None:
        team.save(update_fields=["description"])
        audit.record(
            "org_set_team_description",
            performer_of(request),
            team.namespace,
            team=team.name,
            description=team.description,
        )


class MemberForm(RefusableForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if team := self.cleaned_data.get("team"):
            self.refuse_foreign(team.namespace_id, "robot")
        return cleaned


@admin.register(TeamMember)
class TeamMemberAdmin(DeedAdmin):
    """Added and removed; there is nothing in between to change."""

    form = MemberForm
    list_title = "Team members"
    organization_tab = "teams"
    list_display = ("member", "team_name", "namespace", "created_at")
    list_filter = (NamespaceFilter,)
    list_select_related = ("namespace", "team", "user", "robot__namespace")
    search_fields = ("team__name", "namespace__name", "user__username", "robot__name")
    autocomplete_fields = ("team", "user", "robot")
    add_fields = ("team", "user", "robot")
    add_help = "Choose a user, or a robot of the team's own namespace; not both."
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


def _of(row: TeamMember) -> Any:
    return row.robot or row.user
