"""OAuth applications and tokens: to be seen and revoked here, made through the API.

django-oauth-toolkit registers pages that could store a token of anybody's choosing;
these take their place.
"""

from typing import Any

import oauth2_provider.admin  # noqa: F401 - registers what is taken out below
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from quaysite.lifecycle.oauth_tokens import revoke_token
from quaysite.models import AccessToken, Application, Grant, IDToken, RefreshToken
from robots.admin.lists import ListAdmin
from robots.admin.performer import performer_of

admin.site.unregister([AccessToken, Application, Grant, IDToken, RefreshToken])


class ReadOnlyAdmin(ListAdmin):
    """A list and pages without a form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Never shows a secret, nor its hash."""

    list_display = ("name", "organization", "client_id", "created")
    list_select_related = ("organization",)
    search_fields = ("name", "client_id", "organization__name")
    secret_fields = ("client_secret", "sealed_secret")
    fields = (
        "name",
        "organization",
        "description",
        "application_uri",
        "redirect_uris",
        "client_id",
        "created",
    )


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """The token itself is kept nowhere; its checksum is not shown."""

    list_display = (
        "user",
        "name",
        "application",
        "scope",
        "created",
        "expires",
        "last_used_at",
    )
    list_select_related = ("user", "application__organization")
    search_fields = ("user__username", "name", "application__name")
    secret_fields = ("token", "token_checksum")
    fields = (*list_display, "created_by", "uuid")
    actions = ("revoke",)

    @admin.action(description="Revoke selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """End the tokens at once, with what would renew them."""
        by = performer_of(request)
        ended = sum(revoke_token(token, by) for token in queryset)
        self.message_user(request, f"{ended} tokens were revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("quaysite.delete_accesstoken")
