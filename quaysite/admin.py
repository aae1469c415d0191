"""People on the admin site, and the site's own titles."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from quaysite.models import User
from robots import audit, conf
from robots.admin.lists import ListAdmin
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm, RefusingAdmin
from robots.errors import DomainError
from robots.models import Namespace

admin.site.site_header = "Quaysite"
admin.site.site_title = "Quaysite"
admin.site.index_title = "Machine identities of the registry"

_POWERS = ("is_superuser", "groups", "user_permissions")


class PersonChangeForm(RefusableForm, UserChangeForm):  # type: ignore[type-arg]
    pass


class PersonCreationForm(RefusableForm, AdminUserCreationForm):  # type: ignore[type-arg]
    pass


@admin.register(User)
class PersonAdmin(RefusingAdmin, ListAdmin, UserAdmin):  # type: ignore[type-arg]
    """Only superusers hand out powers, or touch those who have all of them."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    list_display = (
        "username",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> tuple[str, ...]:
        fixed = () if _is_superuser(request) else _POWERS
        return (*super().get_readonly_fields(request, obj), *fixed)

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        if not _may_touch(request, obj):
            raise DomainError("Only a superuser may give a person this user name.")
        super().save_model(request, obj, form, change)
        if change and "username" in form.changed_data:
            self._record(
                "user_change_name",
                request,
                obj,
                old_username=form.initial["username"],
            )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        self._record("user_create", request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        """Called for the form and for the page that sets a password."""
        fields = [name for entry in message for name in _changed_fields(entry)]
        if fields:
            self._record("user_change", request, obj, changed=fields)
        return super().log_change(request, obj, message)

    def log_deletions(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> list[LogEntry]:
        for person in queryset:
            self._record("user_delete", request, person)
        return super().log_deletions(request, queryset)

    def _record(
        self, kind: str, request: HttpRequest, person: User, **facts: Any
    ) -> None:
        namespace = Namespace.objects.filter(owner=person).first()
        audit.record(
            kind, performer_of(request), namespace, username=person.username, **facts
        )


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    """Whoever sets a superuser's password becomes that superuser."""
    mighty = person is not None and (
        person.is_superuser or person.username in conf.super_users()
    )
    return _is_superuser(request) or not mighty


def _changed_fields(entry: dict[str, dict[str, list[str]]]) -> list[str]:
    return entry.get("changed", {}).get("fields", [])
