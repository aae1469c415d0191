"""An application's client secret: shown or replaced on request, after a fresh sign-in.

The secret is in the body of that one response and nowhere else.
"""

from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse

from quaysite.lifecycle.applications import (
    client_secret_of,
    read_client_secret,
    reset_client_secret,
)
from quaysite.models import Application
from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.shell import Shell
from robots.credentials import Secret
from robots.errors import NotFound
from robots.freshness import fresh_or_redirect
from robots.origin import client_address
from robots.password_hashing import turns


class ClientSecretPage(RowPage):
    """GET never has the secret; POST does, and is an audit event."""

    template_name = "quaysite/admin/application_secret.html"
    title = "Client secret"

    row: Application

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row, "secret")  # type: ignore[call-arg]

    @property
    def may_change(self) -> bool:
        """Staff who may change applications read none (`Reach.may_see_secrets`)."""
        return reach_of(self.request).may_see_secrets(self.row.organization_id)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if redirect := fresh_or_redirect(request):
            return redirect
        replaced = request.POST.get("do") == "replace"
        try:
            secret = self._secret(replaced)
        except (NotFound, IntegrityError):
            raise Http404 from None  # Deleted since the row was read.
        answer = self.render_to_response(
            self.get_context_data(
                secret=secret.reveal() if secret else "",
                asked=True,
                replaced=replaced,
            )
        )
        answer["Cache-Control"] = "no-store"
        return answer

    def _secret(self, replace: bool) -> Secret | None:
        by = performer_of(self.request)
        if replace:
            with turns.place(client_address(self.request)):
                return client_secret_of(reset_client_secret(self.row, by))
        return read_client_secret(self.row, by)
