"""Pages about one team: who is in it, what it may do, and its end."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from robots.admin.members import MemberForm, PersonForm, RobotForm
from robots.admin.organization_deletion import losses
from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.set_permissions import TeamPermissionsPage
from robots.admin.shell import Shell, organization_page
from robots.errors import DomainError
from robots.lifecycle.teams import add_member, delete_team, remove_member
from robots.models import Team, TeamMember
from robots.text import is_storable

PER_PAGE = 50

GONE = "That one is not in the team any more."


class TeamPage(RowPage):
    """A tab of a team's; `tab` is its key in `TeamAdmin.tabs`."""

    tab = ""

    row: Team

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row, self.tab)  # type: ignore[call-arg]


class TeamPermissionsTab(TeamPermissionsPage):
    """Of a team, among its tabs."""

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row, "permissions")  # type: ignore[call-arg]


class TeamMembersPage(TeamPage):
    """The members, and for administrators: add a person or a robot, remove one.

    As over the API, members of other teams do not see who is in this one.
    """

    template_name = "robots/admin/team_members.html"
    title = "Members"
    tab = "members"
    for_administrators = False

    @cached_property
    def forms(self) -> dict[str, MemberForm]:
        """One for people, one for robots; that which was sent holds what was sent."""
        sent = self.request.POST.get("do")
        data = self.request.POST
        return {
            form.do: form(self.row, data if sent == form.do else None)
            for form in (PersonForm, RobotForm)
        }

    @property
    def sees_members(self) -> bool:
        reach = reach_of(self.request)
        if reach.sees_site or reach.administers(self.row.namespace_id):
            return True
        return self.row.members.filter(user=self.request.user.pk).exists()

    def may(self, verb: str) -> bool:
        """Whether who is signed in may add members here, or delete them."""
        reach = reach_of(self.request)
        here = reach.administers(self.row.namespace_id)
        return here or reach.may(verb, TeamMember)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do = request.POST.get("do", "")
        if do == "remove" and self.may("delete"):
            return self._remove(request.POST.get("member", ""))
        if do in self.forms and self.may("add"):
            return self._add(self.forms[do])
        return self._back("Nothing was changed: you may not do that here.")

    def _add(self, form: MemberForm) -> HttpResponse:
        if form.is_valid():
            try:
                add_member(self.row, form.member, performer_of(self.request))
            except DomainError as refusal:
                form.add_error(form.chosen, refusal.message)
            else:
                text = f"{form.member} has been added to team {self.row.name}."
                messages.success(self.request, text)
                return self._back()
        return self.get(self.request)

    def _remove(self, key: str) -> HttpResponse:
        """The row is looked up in this very team, whatever key was sent."""
        found = self._members().filter(pk=_whole(key)).first()
        if found is None:
            return self._back(GONE)
        member: Any = found.robot or found.user
        try:
            remove_member(self.row, member, performer_of(self.request))
        except DomainError as refusal:
            return self._back(refusal.message)
        messages.success(
            self.request, f"{member} has been removed from team {self.row.name}."
        )
        return self._back()

    def _back(self, refusal: str = "") -> HttpResponse:
        if refusal:
            messages.error(self.request, refusal)
        return HttpResponseRedirect(self.request.get_full_path())

    def _members(self) -> QuerySet[TeamMember]:
        rows = TeamMember.objects.filter(team=self.row)
        return rows.select_related("user", "robot__namespace").order_by("id")

    def _page(self, search: str) -> Page[TeamMember]:
        rows = self._members()
        if search:
            named = Q(user__username__icontains=search)
            rows = rows.filter(named | Q(robot__name__icontains=search))
        return Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p", "1")[:9])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.sees_members:
            return {**context, "hidden": True}
        search = self.request.GET.get("q", "").strip()[:255]
        search = search if is_storable(search) else ""
        may_add = self.may("add")
        return {
            **context,
            "forms": self.forms.values() if may_add else (),
            "media": self.forms["add_robot"].media if may_add else "",
            "may_remove": self.may("delete"),
            "page": self._page(search),
            "search": search,
        }


class TeamDeletePage(TeamPage):
    """Says what goes with a team, and deletes it."""

    template_name = "robots/admin/team_delete.html"
    title = "Delete team"
    tab = "settings"

    @property
    def may_change(self) -> bool:
        return self.model_admin.has_delete_permission(self.request, self.row)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            delete_team(self.row, performer_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.message)
            page = reverse("admin:robots_team_change", args=[self.row.pk])
            return HttpResponseRedirect(page)
        messages.success(request, f"Team {self.row.name} has been deleted.")
        return HttpResponseRedirect(organization_page(self.row.namespace, "team"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "losses": losses(self.model_admin, self.row),
        }


def _whole(key: str) -> int:
    """The number that `key` is; 0, which no row has, for what can be no key."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0
