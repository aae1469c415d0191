"""App-specific tokens: one's own, for programs that log in to the registry."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from quaysite.admin.oauth import OwnTokensAdmin
from robots import conf
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.audit import Performer
from robots.errors import DomainError, NotFound
from robots.freshness import fresh_or_redirect
from robots.lifecycle.app_tokens import MAX_TITLE, create_app_token, revoke_app_token
from robots.models import AppToken


class TitleForm(forms.Form):
    """What the token is for."""

    use_required_attribute = False

    title = forms.CharField(
        max_length=MAX_TITLE,
        help_text="The program or computer that will use it, such as laptop.",
        widget=forms.TextInput(attrs={"class": "qs-input", "autocomplete": "off"}),
    )


@admin.register(AppToken)
class AppTokenAdmin(OwnTokensAdmin):
    """The token is in the answer to its creation, and nowhere else here."""

    list_title = "Application tokens"
    empty_text = (
        "A token is a password for one program: docker login with the user name $app"
        " and the token. It may do what you may do."
    )
    list_display = ("title", "created_at", "expires_at", "last_used_at")
    search_fields = ("title",)
    secret_fields = ("digest", "sealed")
    fields = ("title", "created_at", "expires_at", "last_used_at", "uuid")
    actions = ("revoke",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        enabled = conf.app_tokens_enabled()
        return enabled and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @method_decorator(sensitive_post_parameters())
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """After a fresh sign-in, as over the API."""
        if not self.has_add_permission(request):
            raise Http404
        if redirect := fresh_or_redirect(request):
            return redirect
        form = TitleForm(request.POST if request.method == "POST" else None)
        secret = self._made(request, form) if form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": "Create application token",
            "form": form,
            "secret": secret,
            "host": conf.registry_host(),
        }
        page = "quaysite/admin/app_token_new.html"
        answer = TemplateResponse(request, page, context)
        answer["Cache-Control"] = "no-store"
        return answer

    def _made(self, request: HttpRequest, form: TitleForm) -> str:
        person = reach_of(request).user
        title = form.cleaned_data["title"]
        try:
            made = create_app_token(person, title, performer_of(request))
        except DomainError as refusal:
            form.add_error("title", refusal.message)
            return ""
        return made.secret.reveal()

    @admin.action(description="Revoke selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[AppToken]) -> None:
        """End the tokens at once, all of them or none; some may have ended already."""
        by = performer_of(request)
        with transaction.atomic():
            ended = sum(_revoke(token, by) for token in queryset)
        self.message_user(request, f"Tokens revoked: {ended}.", messages.SUCCESS)


def _revoke(token: AppToken, by: Performer) -> bool:
    """Whether there was still a token to end."""
    try:
        revoke_app_token(token, by)
    except NotFound:
        return False
    return True
