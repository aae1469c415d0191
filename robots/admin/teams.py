"""Teams of organizations: the list, a new one, and its settings."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from robots.admin.counts import count_of, where_administered
from robots.admin.creating import CreatingAdmin
from robots.admin.lists import CarefulChangeList, NamespaceFilter
from robots.admin.owned import NAMESPACE_PARAMETER
from robots.admin.pages import row_path
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.refusals import RefusableForm
from robots.admin.shell import Shell, Tab, organization_shell, row_shell
from robots.admin.team_pages import TeamDeletePage, TeamMembersPage, TeamPermissionsTab
from robots.grants import live_permissions
from robots.lifecycle.teams import change_team, create_team, delete_team
from robots.models import Team, TeamMember
from robots.roles import TeamRole

_ROLE_HELP = (
    "member: only what the team is granted. creator: may also create repositories."
    " admin: administers the organization, its robots, teams and repositories."
)


class TeamForm(RefusableForm):
    class Meta:
        model = Team
        fields = ("namespace", "name", "role", "description")
        labels = {"namespace": "Organization"}  # noqa: RUF012 - as Django has it
        help_texts = {  # noqa: RUF012
            "name": (
                "2 to 255 lowercase letters and digits; one of . _ - may stand"
                " between them."
            ),
            "role": _ROLE_HELP,
        }

    def _refused_field(self) -> str | None:
        if str(getattr(self.refusal, "message", "")).startswith("description:"):
            return "description"
        return super()._refused_field()


class TeamChangeList(CarefulChangeList):
    """A row leads to the team's members."""

    def url_for_result(self, result: Any) -> str:
        return reverse("admin:robots_team_members", args=[result.pk])


@admin.register(Team)
class TeamAdmin(CreatingAdmin):
    form = TeamForm
    list_title = "Teams and membership"
    create_text = "Create team"
    empty_text = (
        "A team gathers people and robot accounts, which then share its role and its"
        " repository permissions."
    )
    organizations_only = True
    organization_tab = "teams"
    members_look = True
    list_filter = (NamespaceFilter, "role")
    list_select_related = ("namespace",)
    search_fields = ("name", "namespace__name")
    search_help_text = "Name of a team or an organization"
    autocomplete_fields = ("namespace",)
    add_fields = ("namespace", "name", "role", "description")
    settled_fields = ("namespace", "name")
    fields = (*add_fields, "created_at")
    readonly_fields = ("created_at",)

    def get_urls(self) -> list[Any]:
        return [
            row_path(self, "members", TeamMembersPage, "members"),
            row_path(self, "permissions", TeamPermissionsTab, "permissions"),
            *super().get_urls(),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        """A role is membership by another name: of all that are in the team."""
        settled = super().get_readonly_fields(request, obj)
        reach = reach_of(request)
        if not isinstance(obj, Team) or reach.administers(obj.namespace_id):
            return settled
        return settled if reach.may("add", TeamMember) else (*settled, "role")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the organization, unless the list is of one."""
        where = () if request.GET.get(NAMESPACE_PARAMETER) else ("namespace",)
        rest = ("role", "purpose", "member_total", "repository_total", "created_at")
        return ("name", *where, *rest)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TeamChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how many are in each team, and what its permissions are about."""
        live = live_permissions(timezone.now())
        rows = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(
            member_count=count_of(TeamMember.objects.all(), "team"),
            repository_count=self._where_seen(request, count_of(live, "team")),
        )
        return counted

    @admin.display(description="description")
    def purpose(self, obj: Team) -> str:
        return Truncator(obj.description).chars(80)

    @admin.display(description="members", ordering="member_count")
    def member_total(self, obj: Any) -> int:
        return int(obj.member_count)

    @admin.display(description="repositories", ordering="repository_count")
    def repository_total(self, obj: Any) -> int | None:
        number: int | None = obj.repository_count
        return number

    def _where_seen(self, request: HttpRequest, count: Any) -> Any:
        """Members do not learn what a team has, as on the team's own pages."""
        reach = reach_of(request)
        if reach.sees_site:
            return count
        return where_administered(count, self.namespace_path, reach.administered)

    def shell(self, request: HttpRequest, obj: Team, active: str = "settings") -> Shell:
        """The team's name, and tabs to what there is about it."""
        whole = organization_shell(request, obj.namespace, self.organization_tab)
        tabs = self.tabs(request, obj)
        return row_shell(whole, obj.name, tabs, active)

    def tabs(self, request: HttpRequest, team: Team) -> list[Tab]:
        """Only who may set permissions gets their tab."""
        tabs = [Tab("members", "Members", self._page("members", team))]
        if self.has_change_permission(request, team):
            page = self._page("permissions", team)
            tabs.append(Tab("permissions", "Repository permissions", page))
        return [*tabs, Tab("settings", "Settings", self._page("change", team))]

    def create(self, request: HttpRequest, obj: Team) -> Model:
        by, role = performer_of(request), TeamRole(obj.role)
        return create_team(obj.namespace, obj.name, role, by, obj.description)

    def change(self, request: HttpRequest, obj: Team, form: Any) -> None:
        changed = {name: getattr(obj, name) for name in form.changed_data}
        change_team(obj, performer_of(request), **changed)

    def remove(self, request: HttpRequest, obj: Team) -> None:
        delete_team(obj, performer_of(request))

    def response_add(
        self, request: HttpRequest, obj: Team, post_url_continue: Any = None
    ) -> HttpResponse:
        """To where its first members are added."""
        if "_popup" in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        text = f"Team {obj.name} has been created. Add its members."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self._page("members", obj))

    def response_change(self, request: HttpRequest, obj: Team) -> HttpResponse:
        text = f"The settings of team {obj.name} have been saved."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(request.path)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        page = TeamDeletePage.as_view(model_admin=self)
        return page(request, object_id=object_id)

    def _page(self, name: str, team: Team) -> str:
        return reverse(f"admin:robots_team_{name}", args=[team.pk])
