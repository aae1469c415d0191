"""The page that deletes an organization: what will be lost, and typing its name."""

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from robots.admin.counts import rows_lost_with
from robots.admin.organization_forms import TypedNameForm
from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.shell import Shell, organization_shell
from robots.errors import DomainError
from robots.freshness import fresh_or_redirect
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.tokens import live_tokens
from robots.models import Namespace, Repository, Robot


class OrganizationDeletePage(RowPage):
    """Asks for a fresh sign-in, as the API does, and for the name."""

    template_name = "robots/admin/organization_delete.html"
    title = "Delete organization"

    row: Namespace
    form: TypedNameForm

    @property
    def may_change(self) -> bool:
        return self.model_admin.has_delete_permission(self.request, self.row)

    def shell(self) -> Shell:
        return organization_shell(self.request, self.row, "settings")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if redirect := fresh_or_redirect(request):
            return redirect
        self.form = TypedNameForm(self.row.name)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if redirect := fresh_or_redirect(request):
            return redirect
        self.form = TypedNameForm(self.row.name, request.POST)
        if not self.form.is_valid():
            return super().get(request, *args, **kwargs)
        try:
            delete_organization(self.row, performer_of(request))
        except DomainError as refusal:
            self.form.add_error("name", refusal.message)
            return super().get(request, *args, **kwargs)
        messages.success(request, f"Organization {self.row.name} has been deleted.")
        return HttpResponseRedirect(reverse("admin:robots_namespace_changelist"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = {"namespace": self.row}
        live = live_tokens(timezone.now()).filter(robot__namespace=self.row)
        mirrored = Repository.objects.filter(**here, mirror_robot__isnull=False)
        return {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "losses": losses(self.model_admin, self.row),
            "robots": Robot.objects.filter(**here).count(),
            "live_robots": live.order_by().values("robot").distinct().count(),
            "mirrored": mirrored.count(),
        }


def losses(model_admin: Any, row: Model) -> list[tuple[str, int]]:
    """What people know by its pages and would be lost with `row`, and how much."""
    counted = rows_lost_with(row)
    return [
        (_plural(model, count), count)
        for model, count in counted.items()
        if count and model_admin.admin_site.is_registered(model)
    ]


def _plural(model: type[Model], count: int) -> str:
    names = model._meta
    return str(names.verbose_name if count == 1 else names.verbose_name_plural)
