"""Lists with a button, in words, that leads to the form for a new row."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from robots.admin.deeds import DeedAdmin
from robots.admin.owned import NAMESPACE_PARAMETER
from robots.admin.reach import reach_of
from robots.admin.shell import organization_shell
from robots.models import Namespace, NamespaceKind


class CreatingAdmin(DeedAdmin):
    """`create_text` is on the button, which only who may create here sees.

    `change_title` heads the form for a row that exists. `organizations_only`:
    personal namespaces have no such rows.
    """

    create_text: ClassVar[str] = ""
    organizations_only: ClassVar[bool] = False
    add_another: ClassVar[bool] = True
    change_title: ClassVar[str] = "Settings"
    show_add_link = False
    list_before_template = "robots/admin/organization_list_head.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "has_add_permission": self.may_create_here(request),
            "create_text": self.create_text,
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def may_create_here(self, request: HttpRequest) -> bool:
        """In the namespace that the list is limited to, or anywhere if it is not."""
        name = request.GET.get(NAMESPACE_PARAMETER, "")
        namespace = self.named_namespace(request, name)
        if namespace is None:
            return not name and self._may_anywhere(request)
        if self.organizations_only and not namespace.is_organization:
            return False
        return self._may_in(request, namespace)

    def _may_anywhere(self, request: HttpRequest) -> bool:
        reach = reach_of(request)
        if not self.organizations_only or reach.may("add", self.model):
            return self.has_add_permission(request)
        mine = Namespace.objects.filter(pk__in=reach.administered)
        return mine.filter(kind=NamespaceKind.ORGANIZATION).exists()

    def _may_in(self, request: HttpRequest, namespace: Namespace) -> bool:
        reach = reach_of(request)
        return reach.may("add", self.model) or reach.administers(namespace)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """The form for a new row stands below the tabs that it was opened from."""
        listed = None if obj else self._listed_namespace(request)
        if listed:
            tab = self.organization_tab
            context.setdefault("shell", organization_shell(request, listed, tab))
        context["show_save_and_add_another"] = add and self.add_another
        context["show_save_and_continue"] = False
        context["title"] = self.change_title if obj else self.create_text
        return super().render_change_form(request, context, add, change, form_url, obj)
