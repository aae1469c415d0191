"""The page on which who is signed in shows the password once more."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from quaysite.hashing_busy import AsksAgain
from quaysite.models import User
from quaysite.oidc import conf
from quaysite.password_attempts import password_attempt
from registryauth.conf import accepts_passwords
from registryauth.people_login import MAX_PASSWORD_LENGTH
from robots import freshness

_WRONG = "That is not your password. Upper and lower case differ."


class PasswordForm(forms.Form):
    """The password of who is signed in; a wrong one is an audit event."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        widget=forms.PasswordInput(
            attrs={
                "autocomplete": "current-password",
                "autofocus": True,
                "class": "qs-input",
            }
        ),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        user = cast(User, self.request.user)
        with password_attempt(self.request, user.username):
            if not (user.is_active and user.check_password(password)):
                raise ValidationError(_WRONG, code="wrong")
        return password


@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class SignInAgainPage(AsksAgain, LoginRequiredMixin, RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """Makes the session fresh, and leads back to where that was asked for.

    Other ways to prove who one is go into the template's block `other_ways`. They
    call `robots.freshness.renew` and lead to `next` when they are done.
    """

    template_name = "quaysite/sign_in_again.html"
    form_class = PasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever has no password has none to show."""
        if not self._has_password:
            return self.get(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        freshness.renew(self.request)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The admin's context; `next` is safe to lead to."""
        wanted = self.get_success_url()
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Confirm that it is you",
            "next": wanted,
            "has_password": self._has_password,
            "provider": self._provider,
            "sign_in_page": reverse("sign-in", query={"next": wanted}),
        }

    @property
    def _has_password(self) -> bool:
        user = cast(User, self.request.user)
        return accepts_passwords() and user.has_usable_password()

    @property
    def _provider(self) -> str:
        """What people call the provider that the person is connected to."""
        accounts = cast(User, self.request.user).oidc_accounts
        is_connected = accounts.filter(issuer=conf.issuer()).exists()
        return conf.name() if conf.is_configured() and is_connected else ""
