"""Default permissions: what each new repository of an organization grants at once."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from robots.admin.creating import CreatingAdmin
from robots.admin.lists import GranteeFilter, NamespaceFilter
from robots.admin.owned import NAMESPACE_PARAMETER
from robots.admin.people_field import PeopleByNameAdmin
from robots.admin.performer import performer_of
from robots.admin.permissions import grantee_name, shown_fields
from robots.admin.refusals import RefusableForm
from robots.lifecycle.default_permissions import (
    change_default_permission,
    create_default_permission,
    delete_default_permission,
)
from robots.models import DefaultPermission
from robots.roles import Role

_CREATOR = ("creator_user", "creator_robot")
_GRANTEE = ("user", "robot", "team")


class DefaultPermissionForm(RefusableForm):
    class Meta:
        model = DefaultPermission
        fields = ("namespace", *_CREATOR, *_GRANTEE, "role")
        labels = {  # noqa: RUF012 - as Django has it
            "namespace": "Organization",
            "creator_user": "Creating user",
            "creator_robot": "Creating robot account",
            "robot": "Robot account",
        }
        help_texts = {  # noqa: RUF012
            "role": "On each new repository. Those that exist keep what they have.",
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if namespace := self.cleaned_data.get("namespace"):
            self.refuse_foreign(namespace.pk, "creator_robot", "robot", "team")
            if not namespace.is_organization:
                only = "Only organizations have default permissions; choose one."
                self.add_error("namespace", only)
        return cleaned


@admin.register(DefaultPermission)
class DefaultPermissionAdmin(PeopleByNameAdmin, CreatingAdmin):
    form = DefaultPermissionForm
    list_title = "Default permissions"
    create_text = "Create default permission"
    change_title = "Default permission"
    empty_text = (
        "A default permission gives somebody a role on every new repository of an"
        " organization, as soon as it is created. Administrators see it here."
    )
    organizations_only = True
    organization_tab = "defaults"
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
    autocomplete_fields = ("namespace", "creator_robot", "robot", "team")
    add_fields = ("namespace", *_CREATOR, *_GRANTEE, "role")
    settled_fields = ("namespace", *_CREATOR, *_GRANTEE)
    fields = (*add_fields, "created_at")
    readonly_fields = ("created_at",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the organization, unless the list is of one."""
        where = () if request.GET.get(NAMESPACE_PARAMETER) else ("namespace",)
        return ("grantee", "role", "creator", *where, "created_at")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Of the possible creators and grantees, those that there are."""
        fields = super().get_fields(request, obj)
        if not isinstance(obj, DefaultPermission):
            return fields
        return shown_fields(obj, fields, (*_CREATOR, *_GRANTEE))

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A new one in the order in which it reads as a sentence."""
        if obj:
            return super().get_fieldsets(request, obj)
        who = "Those that this user or robot account creates; all, if both are empty."
        whom = "Exactly one of user, robot account and team."
        return [
            (None, {"fields": ("namespace",)}),
            ("Which repositories", {"fields": _CREATOR, "description": who}),
            ("What they grant", {"fields": (*_GRANTEE, "role"), "description": whom}),
        ]

    @admin.display(description="on repositories created by")
    def creator(self, obj: DefaultPermission) -> str:
        return str(obj.creator_robot or obj.creator_user or "anybody")

    @admin.display(description="grantee")
    def grantee(self, obj: DefaultPermission) -> str:
        return grantee_name(obj.grantee)

    def create(self, request: HttpRequest, obj: DefaultPermission) -> Model:
        grantee: Any = obj.grantee
        creator: Any = obj.creator_robot or obj.creator_user
        by = performer_of(request)
        return create_default_permission(
            obj.namespace, grantee, Role(obj.role), by, creator
        )

    def change(self, request: HttpRequest, obj: DefaultPermission, form: Any) -> None:
        change_default_permission(obj, Role(obj.role), performer_of(request))

    def remove(self, request: HttpRequest, obj: DefaultPermission) -> None:
        delete_default_permission(obj, performer_of(request))
