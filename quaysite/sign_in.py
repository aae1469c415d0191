"""The page where people sign in: with a password, or with the OpenID provider."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from quaysite.hashing_busy import AsksAgain
from quaysite.lifecycle.logins import record_login
from quaysite.models import User
from quaysite.oidc import conf
from quaysite.password_attempts import password_attempt
from registryauth.conf import accepts_passwords
from registryauth.people_login import MAX_PASSWORD_LENGTH, MAX_USERNAME_LENGTH
from robots.audit import Performer
from robots.identity import Method
from robots.origin import origin_of
from robots.people import identity_of_person


class AuditedForm(AuthenticationForm):
    """Whoever signs in, or fails to, is an audit event."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "current-password", "class": "qs-input"}
        ),
    )

    request: HttpRequest

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "User name"
        self.fields["username"].widget.attrs["class"] = "qs-input"

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username", "")
        with password_attempt(self.request, username, "invalid_login"):
            cleaned: dict[str, Any] = super().clean()
        user = self.get_user()
        if isinstance(user, User):
            identity = identity_of_person(user, Method.SESSION)
            by = Performer.caller(identity, origin_of(self.request))
            record_login(user, by, self.request.headers.get("User-Agent", ""))
        return cleaned


class SignInPage(AsksAgain, LoginView):
    """Lets in everybody whose account is active, and leads to no other site."""

    template_name = "quaysite/sign_in.html"
    authentication_form = AuditedForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not accepts_passwords():
            return self.http_method_not_allowed(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        """What was typed, for an empty form that asks for the password again."""
        typed = self.request.POST.get("username", "")[:MAX_USERNAME_LENGTH]
        return {**super().get_initial(), "username": typed}

    def get_redirect_url(self, *args: Any) -> str:
        """Never to this page itself, which leads on whoever is signed in."""
        wanted = super().get_redirect_url(*args)
        return "" if urlsplit(wanted).path == self.request.path else wanted

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The admin's context; `next` goes along whichever way is taken."""
        wanted = self.get_redirect_url()
        query = {"next": wanted} if wanted else None
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Sign in",
            "next": wanted,
            "accepts_passwords": accepts_passwords(),
            "provider": conf.name() if conf.is_configured() else "",
            "provider_page": reverse("oidc-sign-in", query=query),
        }
