"""Repositories: made, described, opened, closed and deleted here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robots.access import visible_repositories
from robots.admin.counts import count_of, rows_lost_with, where_administered
from robots.admin.explain_access import ExplainPage
from robots.admin.lists import NamespaceFilter
from robots.admin.pages import row_path
from robots.admin.people_field import PeopleByNameAdmin
from robots.admin.performer import performer_of
from robots.admin.reach import Reach, reach_of
from robots.admin.repository_actions import VisibilityActions
from robots.admin.repository_forms import (
    STATES,
    VISIBILITIES,
    RepositoryForm,
    state_badge,
    visibility_badge,
)
from robots.admin.repository_pages import AccessPage
from robots.admin.repository_permissions import PermissionsPage
from robots.admin.shell import Shell, Tab, organization_shell, row_shell
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.repository_changes import (
    delete_repository,
    set_description,
    set_mirror_robot,
    set_state,
    set_visibility,
)
from robots.models import Repository, RepositoryPermission
from robots.roles import State, Visibility

_COUNT = "permission_count"


@admin.register(Repository)
class RepositoryAdmin(VisibilityActions, PeopleByNameAdmin):
    """Who only looks sees what the API would list, and not who has access."""

    form = RepositoryForm
    list_title = "Repositories"
    create_text = "Create repository"
    empty_text = (
        "A repository is made here, or by its first push: robot accounts need a role"
        " on it, or a place in a team that creates repositories."
    )
    organization_tab = "repositories"
    members_look = True
    list_display = (
        "full_name",
        "where",
        "visibility_shown",
        "state_shown",
        "mirror_robot",
        "permission_number",
        "created_at",
    )
    list_filter = (NamespaceFilter, "visibility", "state", "created_at")
    list_select_related = ("namespace", "mirror_robot__namespace")
    search_fields = ("name", "namespace__name")
    search_help_text = "Name or namespace; namespace/name finds one repository"
    autocomplete_fields = ("namespace", "mirror_robot")
    add_fields = ("namespace", "name", "visibility", "description")
    add_help = (
        "Its name may have slashes. The default permissions of the organization hold"
        " for it at once."
    )
    settled_fields = ("namespace", "name")
    fields = (*add_fields, "state", "mirror_robot", "created_at")
    readonly_fields = ("created_at",)

    def get_urls(self) -> list[Any]:
        explain = self.admin_site.admin_view(ExplainPage.as_view(model_admin=self))
        return [
            path("explain/", explain, name="robots_repository_explain"),
            row_path(self, "access", AccessPage, "access"),
            row_path(self, "permissions", PermissionsPage, "permissions"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of permissions, where the person administers."""
        rows = super().get_queryset(request)
        counted: Any = count_of(RepositoryPermission.objects.all(), "repository")
        reach = reach_of(request)
        if not reach.sees_site:
            counted = where_administered(counted, "namespace_id", reach.administered)
        annotated: QuerySet[Any] = rows.annotate(**{_COUNT: counted})
        return annotated

    def seen(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """What the person administers, and what the API would list as theirs.

        Public repositories of organizations that the person is not in are left out.
        """
        listed = visible_repositories(reach.identity, timezone.now())
        theirs = Q(namespace_id__in=reach.joined) | Q(visibility=Visibility.PRIVATE)
        return rows.filter(
            Q(namespace_id__in=reach.administered)
            | (Q(pk__in=listed.order_by().values("pk")) & theirs)
        )

    def sees_all(self, request: HttpRequest) -> bool:
        """Whether the person looks at every repository's permissions."""
        return reach_of(request).sees_site

    def shell(
        self, request: HttpRequest, obj: Repository, active: str = "settings"
    ) -> Shell:
        """The repository's name, and tabs to what there is about it."""
        tabs = self.tabs(request, obj)
        reach = reach_of(request)
        if not (reach.sees_site or obj.namespace_id in reach.joined):
            listed = reverse("admin:robots_repository_changelist")
            return Shell(obj.full_name, [("Repositories", listed)], tabs, active)
        whole = organization_shell(request, obj.namespace, self.organization_tab)
        return row_shell(whole, obj.name, tabs, active)

    def tabs(self, request: HttpRequest, repository: Repository) -> list[Tab]:
        """Only the first one for who may look and not touch."""
        tabs = [Tab("settings", "Settings", self._page("change", repository))]
        changes = self.has_change_permission(request, repository)
        if changes or self.sees_all(request):
            access = self._page("access", repository)
            tabs.append(Tab("access", "Who can access", access))
        if changes:
            permissions = self._page("permissions", repository)
            tabs.append(Tab("permissions", "Permissions", permissions))
        if changes or self.sees_all(request):
            names = {
                "namespace": repository.namespace.name,
                "repository": repository.name,
            }
            logs = reverse("admin:robots_auditevent_changelist", query=names)
            tabs.append(Tab("logs", "Logs", logs))
        return tabs

    def _page(self, name: str, repository: Repository) -> str:
        return reverse(f"admin:robots_repository_{name}", args=[repository.pk])

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The box for the mirror's robot offers those of the repository's namespace."""
        form = super().get_form(request, obj, change, **kwargs)
        field = form.base_fields.get("mirror_robot")
        if field is not None and isinstance(obj, Repository):
            widget = getattr(field.widget, "widget", field.widget)
            widget.namespace = obj.namespace.name
        return form

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        words = {"state": STATES, "visibility": VISIBILITIES}
        if db_field.name in words:
            kwargs["choices"] = list(words[db_field.name].items())
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description="repository", ordering="name")
    def full_name(self, obj: Repository) -> str:
        return obj.full_name

    @admin.display(description="organization", ordering="namespace__name")
    def where(self, obj: Repository) -> str:
        return obj.namespace.name

    @admin.display(description="visibility", ordering="visibility")
    def visibility_shown(self, obj: Repository) -> SafeString:
        return visibility_badge(obj)

    @admin.display(description="state", ordering="state")
    def state_shown(self, obj: Repository) -> SafeString:
        return state_badge(obj)

    @admin.display(description="permissions", ordering=_COUNT)
    def permission_number(self, obj: Any) -> SafeString | None:
        number = getattr(obj, _COUNT)
        if number is None:
            return None
        return format_html('<a href="{}">{}</a>', self._page("access", obj), number)

    def create(self, request: HttpRequest, obj: Repository) -> Model:
        """Who makes one for an organization of others gets no grant on it."""
        reach = reach_of(request)
        own = reach.administers(obj.namespace_id)
        return create_repository(
            obj.namespace,
            obj.name,
            performer_of(request),
            visibility=Visibility(obj.visibility),
            description=obj.description,
            creator=reach.identity if own else None,
        )

    def change(self, request: HttpRequest, obj: Repository, form: Any) -> None:
        by = performer_of(request)
        deeds = {
            "description": lambda: set_description(obj, obj.description, by),
            "visibility": lambda: set_visibility(obj, Visibility(obj.visibility), by),
            "state": lambda: set_state(obj, State(obj.state), by),
            "mirror_robot": lambda: set_mirror_robot(obj, obj.mirror_robot, by),
        }
        for field in form.changed_data:
            deeds[field]()

    def remove(self, request: HttpRequest, obj: Repository) -> None:
        delete_repository(obj, performer_of(request))

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """Names and numbers: Django would read and list every permission."""
        chosen: Sequence[Repository] = list(objs)
        lacking = {
            str(self.opts.verbose_name)
            for obj in chosen
            if not self.has_delete_permission(request, obj)
        }
        numbers = {str(self.opts.verbose_name_plural): len(chosen)}
        if len(chosen) == 1:
            for model, number in rows_lost_with(chosen[0]).items():
                if number:
                    numbers[str(model._meta.verbose_name_plural)] = number
        return [obj.full_name for obj in chosen], numbers, lacking, []

    def response_add(
        self, request: HttpRequest, obj: Repository, post_url_continue: Any = None
    ) -> HttpResponse:
        """To where its first permissions are given."""
        if "_popup" in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        text = f"Repository {obj.full_name} has been created."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self._page("permissions", obj))

    def response_change(self, request: HttpRequest, obj: Repository) -> HttpResponse:
        text = f"The settings of {obj.full_name} have been saved."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(request.path)
