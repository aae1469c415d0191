"""Repository permissions, all of them in one list: to search, and to add one."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest

from robots.admin.creating import CreatingAdmin
from robots.admin.ends import END_FIELDS
from robots.admin.lists import GranteeFilter, NamespaceFilter
from robots.admin.people_field import PeopleByNameAdmin
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.admin.robot_columns import day
from robots.lifecycle.permissions import grant, revoke
from robots.models import RepositoryPermission, Robot, Team
from robots.roles import Role


class PermissionForm(RefusableForm):
    class Meta:
        model = RepositoryPermission
        fields = ("repository", "user", "robot", "team", "role", "expires_at")
        labels = {"robot": "Robot account", "expires_at": "Ends"}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "role": "read: pull. write: pull and push. admin: everything.",
            "expires_at": "From then on it counts for nothing. Empty: it does not end.",
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if repository := self.cleaned_data.get("repository"):
            self.refuse_foreign(repository.namespace_id, "robot", "team")
            self._refuse_owner(repository.namespace.owner_id)
        return cleaned

    def _refuse_owner(self, owner_id: int | None) -> None:
        user = self.cleaned_data.get("user")
        if user and user.pk == owner_id:
            self.add_error("user", "Namespace owner must always be admin.")


@admin.register(RepositoryPermission)
class RepositoryPermissionAdmin(PeopleByNameAdmin, CreatingAdmin):
    form = PermissionForm
    formfield_overrides = END_FIELDS
    list_title = "Permissions"
    create_text = "Add permission"
    change_title = "Permission"
    empty_text = (
        "A permission gives one person, robot account or team a role on one"
        " repository. Whoever administers the repository's namespace sees it here."
    )
    organization_tab = "repositories"
    list_display = ("repository", "grantee", "role", "ends", "created_at")
    list_filter = (NamespaceFilter, GranteeFilter, "role", "created_at")
    link_lookups = ("robot__id__exact",)
    list_select_related = (
        "namespace",
        "repository__namespace",
        "user",
        "robot__namespace",
        "team",
    )
    search_fields = (
        "repository__name",
        "namespace__name",
        "user__username",
        "robot__name",
        "team__name",
    )
    search_help_text = "Repository, namespace, person, robot or team"
    autocomplete_fields = ("repository", "robot", "team")
    add_fields = ("repository", "user", "robot", "team", "role", "expires_at")
    add_help = (
        "Choose one repository, and exactly one of user, robot account and team."
        " Robot accounts and teams are those of the repository's own namespace."
    )
    settled_fields = ("repository", "user", "robot", "team")
    fields = (*add_fields, "created_at")
    readonly_fields = ("created_at",)

    @admin.display(description="grantee")
    def grantee(self, obj: RepositoryPermission) -> str:
        return grantee_name(obj.grantee)

    @admin.display(description="ends", ordering="expires_at", empty_value="never")
    def ends(self, obj: RepositoryPermission) -> Any:
        return day(obj.expires_at) if obj.expires_at else None

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Of three possible grantees, the one that there is."""
        fields = super().get_fields(request, obj)
        if not isinstance(obj, RepositoryPermission):
            return fields
        return shown_fields(obj, fields, ("user", "robot", "team"))

    def create(self, request: HttpRequest, obj: RepositoryPermission) -> Model:
        return self._grant(request, obj)

    def change(
        self, request: HttpRequest, obj: RepositoryPermission, form: Any
    ) -> None:
        self._grant(request, obj)

    def remove(self, request: HttpRequest, obj: RepositoryPermission) -> None:
        grantee: Any = obj.grantee
        revoke(obj.repository, grantee, performer_of(request))

    def _grant(self, request: HttpRequest, obj: RepositoryPermission) -> Model:
        grantee: Any = obj.grantee
        return grant(
            obj.repository,
            grantee,
            Role(obj.role),
            performer_of(request),
            obj.expires_at,
        )


def shown_fields(obj: Model, fields: Any, choices: tuple[str, ...]) -> tuple[str, ...]:
    """`fields` without those of `choices` that are empty in `obj`."""
    return tuple(
        name for name in fields if name not in choices or getattr(obj, f"{name}_id")
    )


def grantee_name(grantee: Model | None) -> str:
    """The name, with a word for what cannot be told from the name alone."""
    if isinstance(grantee, Team):
        return f"{grantee.name} (team)"
    if isinstance(grantee, Robot):
        return grantee.full_name
    return grantee.get_username() if isinstance(grantee, AbstractBaseUser) else ""
