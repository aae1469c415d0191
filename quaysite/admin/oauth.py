"""OAuth tokens: one's own for everybody, all of them for staff; seen and revoked.

django-oauth-toolkit registers pages that could store a token of anybody's choosing;
these, and those of applications, take their place.
"""

from typing import Any

import oauth2_provider.admin  # noqa: F401 - registers what is taken out below
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from quaysite.lifecycle.oauth_tokens import revoke_token
from quaysite.models import AccessToken, Application, Grant, IDToken, RefreshToken
from robots.admin.lists import ListAdmin
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.read_only import ReadOnly

admin.site.unregister([AccessToken, Application, Grant, IDToken, RefreshToken])


class OwnTokensAdmin(ReadOnly, ListAdmin):
    """Rows of who is signed in, without a form. What is another's does not exist."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(user_id=request.user.pk)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Asked on the sign-in page too, of nobody."""
        return request.user.is_authenticated

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_authenticated


@admin.register(AccessToken)
class AccessTokenAdmin(OwnTokensAdmin):
    """The token itself is kept nowhere; its checksum is not shown."""

    list_title = "OAuth tokens"
    empty_text = (
        "Programs that you let act for you have a token here. Applications of your"
        " organizations ask for one."
    )
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All of them for who sees the whole site."""
        if reach_of(request).sees_site:
            return super(OwnTokensAdmin, self).get_queryset(request)
        return super().get_queryset(request)

    @admin.action(description="Revoke selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """End the tokens at once, with what would renew them."""
        others = queryset.exclude(user_id=request.user.pk)
        if not reach_of(request).may("delete", AccessToken) and others.exists():
            raise PermissionDenied
        by = performer_of(request)
        ended = sum(revoke_token(token, by) for token in queryset)
        self.message_user(request, f"Tokens revoked: {ended}.", messages.SUCCESS)
