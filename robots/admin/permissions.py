"""Grants on repositories, and what new repositories grant at once."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest

from robots import audit
from robots.admin.deeds import DeedAdmin
from robots.admin.lists import GranteeFilter, NamespaceFilter
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm
from robots.lifecycle.permissions import grant, revoke
from robots.models import DefaultPermission, RepositoryPermission, Robot, Team
from robots.roles import Role


class PermissionForm(RefusableForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if repository := self.cleaned_data.get("repository"):
            self.refuse_foreign(repository.namespace_id, "robot", "team")
        return cleaned


@admin.register(RepositoryPermission)
class RepositoryPermissionAdmin(DeedAdmin):
    form = PermissionForm
    list_title = "Permissions"
    organization_tab = "repositories"
    list_display = ("repository", "grantee", "role", "expires_at", "created_at")
    list_filter = (NamespaceFilter, GranteeFilter, "role", "created_at")
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
    autocomplete_fields = ("repository", "user", "robot", "team")
    add_fields = ("repository", "user", "robot", "team", "role", "expires_at")
    add_help = "Choose exactly one of user, robot and team."
    settled_fields = ("repository", "user", "robot", "team")
    fields = (*add_fields, "created_at")
    readonly_fields = ("created_at",)

    @admin.display(description="grantee")
    def grantee(self, obj: RepositoryPermission) -> str:
        return _named(obj.grantee)

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


class DefaultPermissionForm(RefusableForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if namespace := self.cleaned_data.get("namespace"):
            self.refuse_foreign(namespace.pk, "creator_robot", "robot", "team")
        return cleaned


@admin.register(DefaultPermission)
class DefaultPermissionAdmin(DeedAdmin):
    form = DefaultPermissionForm
    list_title = "Default permissions"
    organization_tab = "defaults"
    list_display = ("namespace", "creator", "grantee", "role", "created_at")
    list_filter = (NamespaceFilter, GranteeFilter, "role")
    list_select_related = (
        "namespace",
        "creator_user",
        "creator_robot__namespace",
        "user",
        "robot__namespace",
        "team",
    )
    search_fields = ("namespace__name", "user__username", "robot__name", "team__name")
    search_help_text = "Namespace, person, robot or team that is granted something"
    autocomplete_fields = (
        "namespace",
        "creator_user",
        "creator_robot",
        "user",
        "robot",
        "team",
    )
    add_fields = (*autocomplete_fields, "role")
    add_help = (
        "Choose exactly one of user, robot and team. Without a creator this"
        " holds for every new repository of the namespace."
    )
    settled_fields = autocomplete_fields
    fields = (*add_fields, "uuid", "created_at")
    readonly_fields = ("uuid", "created_at")

    @admin.display(description="for repositories created by")
    def creator(self, obj: DefaultPermission) -> str:
        return str(obj.creator_robot or obj.creator_user or "anybody")

    @admin.display(description="grantee")
    def grantee(self, obj: DefaultPermission) -> str:
        return _named(obj.grantee)

    def create(self, request: HttpRequest, obj: DefaultPermission) -> Model:
        obj.save(force_insert=True)
        _record("create_prototype_permission", request, obj)
        return obj

    def change(self, request: HttpRequest, obj: DefaultPermission, form: Any) -> None:
        obj.save(update_fields=["role"])
        before = Role(form.initial["role"]).label
        _record("modify_prototype_permission", request, obj, original_role=before)

    def remove(self, request: HttpRequest, obj: DefaultPermission) -> None:
        _record("delete_prototype_permission", request, obj)
        obj.delete()


def _record(
    kind: str, request: HttpRequest, default: DefaultPermission, **facts: Any
) -> None:
    by = performer_of(request)
    creator = default.creator_robot or default.creator_user
    grantee = "delegate_team" if default.team else "delegate_user"
    facts[grantee] = _name(default.grantee)
    if creator:
        facts["activating_username"] = _name(creator)
    audit.record(
        kind,
        by,
        default.namespace,
        prototypeid=str(default.uuid),
        username=by.name,
        role=Role(default.role).label,
        **facts,
    )


def _name(grantee: Model | None) -> str:
    if isinstance(grantee, Robot):
        return grantee.full_name
    if isinstance(grantee, AbstractBaseUser):
        return grantee.get_username()
    return grantee.name if isinstance(grantee, Team) else ""


def _named(grantee: Model | None) -> str:
    """The name, with a word for what cannot be told from the name alone."""
    return f"{_name(grantee)} (team)" if isinstance(grantee, Team) else _name(grantee)
