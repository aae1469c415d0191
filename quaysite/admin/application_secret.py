"""An application's client secret: shown or replaced on request, after a fresh sign-in.

The secret is in the body of that one response and nowhere else.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from quaysite.lifecycle.applications import (
    client_secret_of,
    read_client_secret,
    reset_client_secret,
)
from quaysite.models import Application
from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.shell import Shell
from robots.freshness import fresh_or_redirect


class ClientSecretPage(RowPage):
    """GET never has the secret; POST does, and is an audit event."""

    template_name = "quaysite/admin/application_secret.html"
    title = "Client secret"

    row: Application

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row, "secret")  # type: ignore[call-arg]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if redirect := fresh_or_redirect(request):
            return redirect
        by = performer_of(request)
        replaced = request.POST.get("do") == "replace"
        if replaced:
            secret = client_secret_of(reset_client_secret(self.row, by))
        else:
            secret = read_client_secret(self.row, by)
        answer = self.render_to_response(
            self.get_context_data(
                secret=secret.reveal() if secret else "",
                asked=True,
                replaced=replaced,
            )
        )
        answer["Cache-Control"] = "no-store"
        return answer
