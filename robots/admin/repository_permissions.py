"""The permissions on one repository: given, changed and taken on one page."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from robots.admin.grant_forms import (
    ChangeForm,
    GrantForm,
    PersonGrantForm,
    RobotGrantForm,
    TeamGrantForm,
)
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.repository_pages import PER_PAGE, RepositoryPage
from robots.errors import DomainError
from robots.lifecycle.permissions import grant, name_of, revoke
from robots.models import RepositoryPermission
from robots.roles import Role
from robots.text import is_storable
from robots.used_roles import last_use

_GONE = "That permission is not there any more."
_NOT_ALLOWED = "Nothing was changed: you may not do that here."


class PermissionsPage(RepositoryPage):
    """Each row is looked up in this very repository, whatever key was sent."""

    template_name = "robots/admin/repository_permissions.html"
    title = "Permissions"
    tab = "permissions"

    refused: ChangeForm | None = None
    refused_pk: int | None = None

    @cached_property
    def forms(self) -> dict[str, GrantForm]:
        """One for each kind of grantee; that which was sent holds what was sent."""
        kinds: list[type[GrantForm]] = [PersonGrantForm, RobotGrantForm]
        if self.row.namespace.is_organization:
            kinds.append(TeamGrantForm)
        sent, data = self.request.POST.get("do"), self.request.POST
        return {
            form.do: form(self.row, data if sent == form.do else None) for form in kinds
        }

    def may(self, verb: str) -> bool:
        """Whether who is signed in may add, change or delete permissions here."""
        reach = reach_of(self.request)
        here = reach.administers(self.row.namespace_id)
        return here or reach.may(verb, RepositoryPermission)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do = request.POST.get("do", "")
        if do in self.forms and self.may("add") and self.may("change"):
            return self._add(self.forms[do])
        if do == "change" and self.may("change"):
            return self._change(request.POST.get("row", ""))
        if do == "remove" and self.may("delete"):
            return self._remove(request.POST.get("row", ""))
        return self._back(_NOT_ALLOWED)

    def _add(self, form: GrantForm) -> HttpResponse:
        if form.is_valid():
            role, until = form.cleaned_data["role"], form.cleaned_data["until"]
            try:
                self._grant(form.grantee, role, until)
            except DomainError as refusal:
                form.add_error(form.chosen, refusal.message)
            else:
                return self._back()
        return self.get(self.request)

    def _change(self, key: str) -> HttpResponse:
        found = self._named(key)
        if found is None:
            return self._back(_GONE)
        form = ChangeForm(found, self.request.POST)
        if not form.is_valid():
            self.refused, self.refused_pk = form, found.pk
            return self.get(self.request)
        role, until = form.cleaned_data["role"], form.cleaned_data["until"]
        try:
            self._grant(found.grantee, role, until)
        except DomainError as refusal:
            return self._back(refusal.message)
        return self._back()

    def _grant(self, grantee: Any, role: Role, until: Any) -> None:
        grant(self.row, grantee, role, performer_of(self.request), until)
        [name] = name_of(grantee).values()
        text = f"{name} has the role {role.label} on {self.row.full_name}."
        messages.success(self.request, text)

    def _remove(self, key: str) -> HttpResponse:
        found = self._named(key)
        if found is None:
            return self._back(_GONE)
        grantee: Any = found.grantee
        try:
            revoke(self.row, grantee, performer_of(self.request))
        except DomainError as refusal:
            return self._back(refusal.message)
        [name] = name_of(grantee).values()
        messages.success(
            self.request,
            f"{name} has no permission of its own on {self.row.full_name} any more.",
        )
        return self._back()

    def _back(self, refusal: str = "") -> HttpResponse:
        if refusal:
            messages.error(self.request, refusal)
        return HttpResponseRedirect(self.request.get_full_path())

    def _rows(self) -> QuerySet[RepositoryPermission]:
        rows = RepositoryPermission.objects.filter(repository=self.row)
        return rows.select_related("user", "robot__namespace", "team").order_by("id")

    def _named(self, key: str) -> RepositoryPermission | None:
        whole = key.isascii() and key.isdigit() and len(key) < 19
        return self._rows().filter(pk=int(key)).first() if whole else None

    def _form_of(self, permission: RepositoryPermission) -> ChangeForm:
        if self.refused is not None and permission.pk == self.refused_pk:
            return self.refused
        return ChangeForm(permission)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        search = self.asked("q") if is_storable(self.asked("q")) else ""
        rows = self._rows().annotate(last_use=last_use())
        if search:
            named = Q(user__username__icontains=search)
            named |= Q(robot__name__icontains=search) | Q(team__name__icontains=search)
            rows = rows.filter(named)
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p", "1")[:9])
        forms = list(self.forms.values()) if self.may("add") else []
        return {
            **super().get_context_data(**kwargs),
            "forms": forms,
            "media": forms[1].media if forms else "",
            "lines": [(row, self._form_of(row)) for row in page],
            "page": page,
            "search": search,
            "may_edit": self.may("change"),
            "may_remove": self.may("delete"),
            "now": timezone.now(),
        }
