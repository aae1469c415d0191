"""Repositories: made, described, opened and closed here."""

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
from robots.lifecycle.repositories import create_repository
from robots.models import Repository, RepositoryPermission
from robots.roles import Visibility

_KINDS = {
    "description": "set_repo_description",
    "visibility": "change_repo_visibility",
    "state": "change_repo_state",
    "mirror_robot": "change_repo_mirror_robot",
}


class RepositoryForm(RefusableForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        self.refuse_foreign(self.instance.namespace_id, "mirror_robot")
        return cleaned


@admin.register(Repository)
class RepositoryAdmin(DeedAdmin):
    form = RepositoryForm
    list_title = "Repositories"
    organization_tab = "repositories"
    members_look = True
    list_display = ("full_name", "visibility", "state", "mirror_robot", "created_at")
    list_filter = (NamespaceFilter, "visibility", "state", "created_at")
    list_select_related = ("namespace", "mirror_robot__namespace")
    search_fields = ("name", "namespace__name")
    search_help_text = "Name or namespace; namespace/name finds one repository"
    autocomplete_fields = ("namespace", "mirror_robot")
    add_fields = ("namespace", "name", "visibility", "description")
    settled_fields = ("namespace", "name")
    fields = (
        *add_fields,
        "state",
        "mirror_robot",
        "permissions",
        "created_at",
    )
    readonly_fields = ("permissions", "created_at")

    @admin.display(description="repository", ordering="name")
    def full_name(self, obj: Repository) -> str:
        return obj.full_name

    @admin.display(description="permissions")
    def permissions(self, obj: Repository) -> SafeString:
        return list_link(
            RepositoryPermission, "Show its permissions", repository__id__exact=obj.pk
        )

    def create(self, request: HttpRequest, obj: Repository) -> Model:
        """No creator: staff who make a repository for others get no grant on it."""
        return create_repository(
            obj.namespace,
            obj.name,
            performer_of(request),
            visibility=Visibility(obj.visibility),
            description=obj.description,
        )

    def change(self, request: HttpRequest, obj: Repository, form: Any) -> None:
        obj.save(update_fields=form.changed_data)
        for field in form.changed_data:
            audit.record(
                _KINDS[field],
                performer_of(request),
                obj.namespace,
                obj,
                repo=obj.name,
                **{field: _shown(obj, field)},
            )

    def remove(self, request: HttpRequest, obj: Repository) -> None:
        audit.record(
            "delete_repo", performer_of(request), obj.namespace, obj, repo=obj.name
        )
        obj.delete()


def _shown(repository: Repository, field: str) -> str | None:
    match field:
        case "visibility":
            return repository.get_visibility_display()
        case "state":
            return repository.get_state_display()
        case "mirror_robot":
            robot = repository.mirror_robot
            return robot.full_name if robot else None
    return repository.description
