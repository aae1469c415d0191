"""The page where people sign in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError

from quaysite.lifecycle.logins import record_failed_login, record_login
from quaysite.models import User
from registryauth.people_login import MAX_PASSWORD_LENGTH
from robots.audit import Performer
from robots.identity import Method
from robots.origin import NOWHERE, origin_of
from robots.people import identity_of_person


class AuditedForm(AuthenticationForm):
    """Whoever signs in, or fails to, is an audit event."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError as error:
            self._note_failure(str(error.code))
            raise
        user = self.get_user()
        if isinstance(user, User):
            identity = identity_of_person(user, Method.SESSION)
            record_login(user, Performer.caller(identity, self._origin), self._agent)
        return cleaned

    def _note_failure(self, reason: str) -> None:
        username = self.cleaned_data.get("username", "")
        record_failed_login(username, reason, self._origin, self._agent)

    @property
    def _origin(self) -> Any:
        return origin_of(self.request) if self.request else NOWHERE

    @property
    def _agent(self) -> str:
        return self.request.headers.get("User-Agent", "") if self.request else ""


class SignInPage(LoginView):
    """Looks like the admin's, and lets in everybody whose account is active."""

    template_name = "admin/login.html"
    authentication_form = AuditedForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The admin's context, with the form's own address."""
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Sign in",
            "app_path": self.request.get_full_path(),
        }
