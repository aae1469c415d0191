"""Lists and pages of what lies in namespaces: each person sees and changes the own.

Nothing here asks which page shows it: what `get_queryset` leaves out exists for
nobody's filter, autocompletion, history, export or guessed address.
"""

from operator import attrgetter
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from robots.admin.lists import ListAdmin
from robots.admin.reach import Reach, reach_of
from robots.admin.shell import Shell, organization_shell, row_shell
from robots.models import Namespace
from robots.names import simple_name_issue

AUTOCOMPLETE = "autocomplete"
"""The name of Django's address that fills the boxes in which one types to choose."""

NAMESPACE_PARAMETER = "namespace"
"""Limits a list to the namespace of this name, and shows that one's tabs."""

_NAMED = "_robots_named_namespace"


class OwnedAdmin(ListAdmin):
    """Rows that each belong to one namespace, which `namespace_path` leads to.

    With `members_look`, whoever is in a namespace sees its rows, and else only its
    administrators do. Administrators and permitted staff change them.
    `organization_tab` is the tab that the list is of an organization's page.
    """

    namespace_path: ClassVar[str] = "namespace_id"
    members_look: ClassVar[bool] = False
    organization_tab: ClassVar[str] = ""
    change_form_outer_before_template = "robots/admin/shell.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        reach = reach_of(request)
        if reach.sees_site:
            return rows
        return self.seen(rows, reach)

    def seen(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """The rows that a person who does not see the whole site sees."""
        mine = reach.joined if self.members_look else reach.administered
        return rows.filter(**{f"{self.namespace_path}__in": mine})

    def seen_in_list_of(
        self, model: type[Model], request: HttpRequest
    ) -> QuerySet[Any]:
        """The rows of another table that its own list shows the person."""
        page: Any = self.admin_site.get_model_admin(model)
        reach = reach_of(request)
        rows = model._default_manager.all()
        seen: QuerySet[Any] = rows if reach.sees_site else page.seen(rows, reach)
        return seen

    def changeable(
        self, request: HttpRequest, rows: QuerySet[Any], verb: str = "change"
    ) -> QuerySet[Any]:
        """Those of `rows` that the person may change, or `verb` otherwise."""
        reach = reach_of(request)
        if reach.may(verb, self.model):
            return rows
        return rows.filter(**{f"{self.namespace_path}__in": reach.administered})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Of one namespace, where the address names one, below its tabs."""
        context = {"shell": self.list_shell(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context.setdefault("shell", self.shell(request, obj) if obj else None)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def list_shell(self, request: HttpRequest) -> Shell | None:
        """The tabs of the namespace whose rows the list is limited to."""
        name = request.GET.get(NAMESPACE_PARAMETER, "")
        namespace = self.named_namespace(request, name)
        if namespace is None or not self.organization_tab:
            return None
        return organization_shell(request, namespace, self.organization_tab)

    def shell(self, request: HttpRequest, obj: Any) -> Shell | None:
        """What stands above the pages about one row."""
        pk = self.namespace_id_of(obj)
        namespace = Namespace.objects.filter(pk=pk).first() if pk else None
        if namespace is None:
            return None
        whole = organization_shell(request, namespace, self.organization_tab)
        return row_shell(whole, str(obj))

    def named_namespace(self, request: HttpRequest, name: str) -> Namespace | None:
        """The namespace called `name`, if the person may see that it exists.

        Parts of a page ask for the same one; it is read once for a request.
        """
        if not name or simple_name_issue(name, "Namespace"):
            return None
        kept: tuple[str, Namespace | None] = getattr(request, _NAMED, ("", None))
        if kept[0] != name:
            kept = (name, self._named_namespace(request, name))
            setattr(request, _NAMED, kept)
        return kept[1]

    def _named_namespace(self, request: HttpRequest, name: str) -> Namespace | None:
        found = Namespace.objects.filter(name=name).first()
        reach = reach_of(request)
        if found is None or not (reach.sees_site or found.pk in reach.joined):
            return None
        return found

    def namespace_id_of(self, obj: Model) -> int | None:
        """The key of the namespace that `obj` lies in, or is about to."""
        found: int | None = attrgetter(self.namespace_path.replace("__", "."))(obj)
        return found

    def check_may(self, request: HttpRequest, verb: str, obj: Model) -> None:
        """Raise PermissionDenied unless the person may `verb` this very row."""
        if not self._may(request, verb, obj):
            raise PermissionDenied

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Asked on the sign-in page too, of nobody."""
        return request.user.is_authenticated

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of a row: asked of those in the person's `get_queryset` alone."""
        if obj is None or obj.pk is None:
            return True
        reach = reach_of(request)
        if reach.sees_site or self._may(request, "change", obj):
            return True
        return self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether there is anywhere to add a row; `check_may` asks where."""
        return self._may(request, "add", None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Boxes of forms offer what one may change, as forms take nothing else."""
        match = request.resolver_match
        if match is not None and match.url_name == AUTOCOMPLETE:
            queryset = self._offered(request, self.changeable(request, queryset))
        return super().get_search_results(request, queryset, search_term)

    def _offered(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of one namespace, where the box names one."""
        name = request.GET.get(NAMESPACE_PARAMETER, "")
        if not name:
            return rows
        namespace = self.named_namespace(request, name)
        if namespace is None:
            return rows.none()
        return rows.filter(**{self.namespace_path: namespace.pk})

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Actions get the rows that one may change, whatever was ticked."""
        queryset = self.changeable(request, queryset)
        return super().response_action(request, queryset, *args, **kwargs)

    def _may(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        reach = reach_of(request)
        if reach.may(verb, self.model):
            return True
        if obj is None:
            return bool(reach.administered)
        return reach.administers(self.namespace_id_of(obj))
