"""The page where people sign in who are not staff: for consent, and for the API."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LoginView


class SignInPage(LoginView):
    """Looks like the admin's, and lets in everybody whose account is active."""

    template_name = "admin/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The admin's context, with the form's own address."""
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Sign in",
            "app_path": self.request.get_full_path(),
        }
