"""OAuth applications: administrators of an organization look after its own."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import CharField, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from quaysite.admin.application_forms import (
    MAX_DESCRIPTION,
    MAX_URI,
    ApplicationForm,
    details_of,
)
from quaysite.admin.application_secret import ClientSecretPage
from quaysite.lifecycle.applications import (
    create_application,
    delete_application,
    update_application,
)
from quaysite.models import Application
from robots.admin.counts import rows_lost_with
from robots.admin.creating import CreatingAdmin
from robots.admin.lists import NamespaceFilter
from robots.admin.pages import row_path
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.shell import Shell, Tab
from robots.origin import client_address
from robots.password_hashing import turns


class OrganizationFilter(NamespaceFilter):
    title = "organization"
    path = "organization__name"


@admin.register(Application)
class ApplicationAdmin(CreatingAdmin):
    """Never shows a secret, nor its hash; those of the site are for staff to see."""

    form = ApplicationForm
    list_title = "Applications"
    create_text = "Create application"
    empty_text = (
        "An application asks people for tokens that act for them over the API. It"
        " belongs to an organization, whose administrators create it."
    )
    namespace_path = "organization_id"
    organizations_only = True
    view_on_site = False
    list_display = ("name", "organization", "client_id", "created")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization",)
    search_fields = ("name", "client_id", "organization__name")
    search_help_text = "Name, client id or organization"
    secret_fields = ("client_secret", "sealed_secret")
    autocomplete_fields = ("organization",)
    add_fields = (
        "organization",
        "name",
        "description",
        "application_uri",
        "redirect_uris",
        "avatar_email",
    )
    add_help = "Its client id and secret are made for it; the next page shows them."
    settled_fields = ("organization",)
    fields = (*add_fields, "client_id", "created")
    readonly_fields = ("client_id", "created")

    def get_urls(self) -> list[Any]:
        return [
            row_path(self, "secret", ClientSecretPage, "secret"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The organization of the list that the person comes from."""
        listed = self._listed_namespace(request)
        return {"organization": listed.pk} if listed else {}

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """As long as over the API; one redirect URI, on one line."""
        if db_field.name == "redirect_uris":
            kwargs["widget"] = self.formfield_overrides[CharField]["widget"]
            kwargs["max_length"] = MAX_URI
        elif db_field.name == "description":
            kwargs["max_length"] = MAX_DESCRIPTION
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("name", "organization"):
            field.required = True
        return field

    def shell(
        self, request: HttpRequest, obj: Application, active: str = "settings"
    ) -> Shell:
        """The application's name; the secret's tab for who may see it."""
        tabs = [Tab("settings", "Settings", self._page("change", obj))]
        if reach_of(request).may_see_secrets(obj.organization_id):
            tabs.append(Tab("secret", "Client secret", self._page("secret", obj)))
        above = [("Applications", reverse("admin:quaysite_application_changelist"))]
        return Shell(str(obj), above, tabs, active)

    def _page(self, name: str, application: Application) -> str:
        return reverse(f"admin:quaysite_application_{name}", args=[application.pk])

    def create(self, request: HttpRequest, obj: Application) -> Model:
        organization: Any = obj.organization
        by = performer_of(request)
        with turns.place(client_address(request)):
            return create_application(organization, details_of(obj), by)

    def change(self, request: HttpRequest, obj: Application, form: Any) -> None:
        update_application(obj, details_of(obj), performer_of(request))

    def remove(self, request: HttpRequest, obj: Application) -> None:
        delete_application(obj, performer_of(request))

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """Its tokens end with it, though nobody deletes them one by one here."""
        chosen = list(objs)
        lacking = {
            str(self.opts.verbose_name)
            for obj in chosen
            if not self.has_delete_permission(request, obj)
        }
        numbers = {str(self.opts.verbose_name_plural): len(chosen)}
        for obj in chosen:
            for model, number in rows_lost_with(obj).items():
                name = str(model._meta.verbose_name_plural)
                if number:
                    numbers[name] = numbers.get(name, 0) + number
        return [str(obj) for obj in chosen], numbers, lacking, []

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: Any = None
    ) -> HttpResponse:
        """To where its secret is shown."""
        text = f"Application {obj.name} has been created."
        self.message_user(request, text, messages.SUCCESS)
        may_see = reach_of(request).may_see_secrets(obj.organization_id)
        return HttpResponseRedirect(self._page("secret" if may_see else "change", obj))

    def response_change(self, request: HttpRequest, obj: Application) -> HttpResponse:
        text = f"The settings of {obj} have been saved."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(request.path)
