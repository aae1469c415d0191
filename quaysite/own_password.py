"""The page on which people change their own password."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy

from quaysite.hashing_busy import AsksAgain
from quaysite.lifecycle.passwords import check_password
from quaysite.lifecycle.person_changes import Changes, change_person
from quaysite.models import User
from quaysite.oauth.consent import performer_of, person_of
from quaysite.password_attempts import password_attempt
from registryauth.conf import accepts_passwords
from registryauth.people_login import MAX_PASSWORD_LENGTH
from robots.errors import DomainError


class OwnPasswordForm(PasswordChangeForm):
    """Asks for the present password; a change is made by the same deed as the API's."""

    user: User

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        for field in self.fields.values():
            field.widget.attrs["class"] = "qs-input"
            field.widget.attrs["maxlength"] = MAX_PASSWORD_LENGTH

    def clean_old_password(self) -> str:
        """A wrong one is a guess at the password, and an audit event like others."""
        with password_attempt(self.request, self.user.username):
            old: str = super().clean_old_password()
        return old

    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        try:
            check_password(password, self.user)
        except DomainError as error:
            raise ValidationError(error.message) from None
        return password

    def save(self, commit: bool = True) -> User:
        """Store the new password; ends the person's other sessions."""
        changes = Changes(password=self.cleaned_data["new_password1"])
        stored = change_person(self.user, changes, performer_of(self.request))
        # Whoever keeps this session computes its hash from the row in hand.
        self.user.password = stored.password
        return self.user


class OwnPasswordPage(AsksAgain, PasswordChangeView):
    """Who signs in elsewhere only has no password to change here.

    Where no password is accepted, none is asked for, and none can be guessed.
    """

    form_class = OwnPasswordForm
    template_name = "quaysite/admin/own_password.html"
    success_url = reverse_lazy("admin:password_change_done")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not accepts_passwords():
            return self.http_method_not_allowed(request, *args, **kwargs)
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = person_of(self.request)
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**kwargs),
            "title": "Change password",
            "accepts_passwords": accepts_passwords(),
            "has_password": person.has_usable_password(),
        }
