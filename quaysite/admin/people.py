"""People on the admin site, and the site's own titles."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from quaysite.admin.accounts import OidcAccountInline
from quaysite.admin.powers import (
    CarefulMultipleChoiceField,
    acts_as_staff,
    holds,
    is_superuser,
    may_touch,
)
from quaysite.lifecycle.oidc_accounts import link_account, unlink_account
from quaysite.models import User
from robots import audit
from robots.admin.lists import ListAdmin
from robots.admin.performer import performer_of
from robots.admin.refusals import RefusableForm, RefusingAdmin
from robots.errors import DomainError
from robots.freshness import fresh_or_redirect
from robots.models import Namespace

if TYPE_CHECKING:  # The theme has no types.
    from django.contrib.auth.forms import (
        AdminPasswordChangeForm,
        AdminUserCreationForm,
        UserChangeForm,
    )
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm
    from unfold.forms import UserCreationForm as AdminUserCreationForm

_POWERS = ("is_superuser", "groups", "user_permissions")

_DATES = ("last_login", "date_joined")
"""Noted when it happens: nobody enters them."""

_HELP = {
    "is_active": "Whoever is not active cannot sign in, nor can their robot accounts.",
    "is_staff": "Sees the whole site, and changes what the permissions below allow."
    " Everybody else sees what is theirs.",
}
_NOT_SAVED = (
    "Nothing has been saved: your sign-in was too long ago. Show that it is you, then"
    " enter the changes once more."
)
_WITHOUT_ONE = (
    "Whoever has none signs in with the OpenID provider, once their account there is"
    " connected."
)


class PersonChangeForm(RefusableForm, UserChangeForm):  # type: ignore[type-arg]
    """The person's page; staff means another thing here than in Django."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _HELP.keys() & self.fields.keys():
            self.fields[name].help_text = _HELP[name]


class PersonCreationForm(RefusableForm, AdminUserCreationForm):  # type: ignore[type-arg]
    """A name, and a password or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["usable_password"].label = "Password"
        self.fields["usable_password"].help_text = _WITHOUT_ONE


class AuditedAdmin(RefusingAdmin, ListAdmin):
    """Whatever Django notes in its own log is an audit event as well.

    Django calls these in the transaction of the change itself. Only the permissions
    of staff count, and whoever hands out powers has signed in a short while ago.
    """

    noun: ClassVar[str]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return acts_as_staff(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acts_as_staff(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return acts_as_staff(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acts_as_staff(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acts_as_staff(request) and super().has_delete_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A stale session is asked before the form, so that nothing typed is lost."""
        if self._would_change(request, object_id) and (again := _made_fresh(request)):
            return again
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _would_change(self, request: HttpRequest, object_id: str | None) -> bool:
        """Whether the form is one to fill in, and not only to read."""
        if object_id is None:
            return self.has_add_permission(request)
        obj = self.get_object(request, unquote(object_id))
        return obj is not None and self.has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("form_class", CarefulMultipleChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        _record(f"{self.noun}_create", request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Called for the form, and for the page that sets a person's password."""
        fields = [name for entry in message for name in _changed_fields(entry)]
        if fields:
            _record(f"{self.noun}_change", request, obj, changed=fields)
        return super().log_change(request, obj, message)

    def log_deletions(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> list[LogEntry]:
        for obj in queryset:
            _record(f"{self.noun}_delete", request, obj)
        return super().log_deletions(request, queryset)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]
    """Only superusers hand out powers, or touch those who have all of them."""

    noun = "user"
    form = PersonChangeForm
    add_form = PersonCreationForm
    # The theme's admin has none, and it comes before Django's.
    add_fieldsets = UserAdmin.add_fieldsets
    change_password_form = AdminPasswordChangeForm
    list_title = "People"
    empty_text = "Nobody has an account yet."
    list_display = (
        "username",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    inlines = (OidcAccountInline,)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        """Accounts are connected to a person whom there is."""
        return super().get_inlines(request, obj) if obj else ()

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        """Each account that is connected, or taken off, is an audit event."""
        formset.save(commit=False)
        by = performer_of(request)
        for account in formset.deleted_objects:
            unlink_account(account, by)
        for account in formset.new_objects:
            link_account(form.instance, account.issuer, account.subject, by)

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> tuple[str, ...]:
        fixed = () if is_superuser(request) else _POWERS
        return (*super().get_readonly_fields(request, obj), *_DATES, *fixed)

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return may_touch(request, obj) and super().has_change_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A person's own namespace goes with the person, and in no other way."""
        shown, counts, needed, protected = super().get_deleted_objects(objs, request)
        if holds(request, "robots.delete_namespace"):
            needed = needed - {Namespace._meta.verbose_name}
        return shown, counts, needed, protected

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return may_touch(request, obj) and super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: bool
    ) -> None:
        if not may_touch(request, obj):
            raise DomainError("Only a superuser may give a person this user name.")
        super().save_model(request, obj, form, change)
        if change and "username" in form.changed_data:
            _record(
                "user_change_name",
                request,
                obj,
                old_username=form.initial["username"],
            )

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Whoever has a stolen session alone takes over nobody."""
        if self._would_change(request, id) and (again := _made_fresh(request)):
            return again
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)


admin.site.unregister(Group)


@admin.register(Group)
class PowersAdmin(AuditedAdmin, GroupAdmin):  # type: ignore[misc]
    """A group hands its powers to its members, so only superusers change one."""

    noun = "group"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request) and super().has_add_permission(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        return is_superuser(request) and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        return is_superuser(request) and super().has_delete_permission(request, obj)


def _record(kind: str, request: HttpRequest, obj: Model, **facts: Any) -> None:
    """In the person's own namespace; a group belongs to none."""
    by = performer_of(request)
    if isinstance(obj, User):
        own = Namespace.objects.filter(owner=obj).first()
        audit.record(kind, by, own, username=obj.username, **facts)
    else:
        audit.record(kind, by, None, name=str(obj), **facts)


def _made_fresh(request: HttpRequest) -> HttpResponse | None:
    """As `fresh_or_redirect`; says that what was sent from an old form is lost."""
    redirect = fresh_or_redirect(request)
    if redirect and request.method == "POST":
        messages.warning(request, _NOT_SAVED)
    return redirect


def _changed_fields(entry: dict[str, dict[str, list[str]]]) -> list[str]:
    return entry.get("changed", {}).get("fields", [])
