"""New tokens for many robots at once: asked first, and shown on no page."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from robots import conf
from robots.admin.bulk import Bulk, chosen_robots, is_sent
from robots.admin.credentials.forms import RegenerateForm
from robots.admin.performer import performer_of
from robots.freshness import fresh_or_redirect
from robots.lifecycle.robots import regenerate_token
from robots.models import Robot

UNREADABLE = (
    "Nothing was done: no copy of a token is kept, so nobody could read the new ones."
    " Regenerate one at a time, each on its robot's Credentials page, or many with"
    " manage.py rotate_tokens."
)


def ask_to_regenerate(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Robot]
) -> HttpResponse | None:
    """The page that asks; once it is answered, the deed. The caller is atomic.

    Both are for a fresh session, as for the token of one robot. Where no copy of a
    token is kept there is only a message: nobody could read the new ones.
    """
    if not conf.tokens_retrievable():
        model_admin.message_user(request, UNREADABLE, messages.ERROR)
        return None
    if again := fresh_or_redirect(request):
        return again
    robots = chosen_robots(model_admin, request, queryset)
    if robots is None:
        return None
    form = RegenerateForm(request.POST if is_sent(request) else None)
    if form.is_valid():
        _regenerate(request, robots, form)
        return None
    page = Bulk(model_admin, request, "Regenerate tokens", "regenerate", robots)
    return TemplateResponse(
        request,
        "robots/admin/robot_regenerate.html",
        {**page.context(), "form": form},
    )


def _regenerate(
    request: HttpRequest, robots: list[Robot], form: RegenerateForm
) -> None:
    by, grace = performer_of(request), form.cleaned_data["grace"]
    for robot in robots:
        regenerate_token(robot, by, grace, form.expires_at)
    messages.success(
        request,
        f"Tokens regenerated: {len(robots)}. Each new one is on its robot's"
        " Credentials page.",
    )
