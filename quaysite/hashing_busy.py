"""Pages of people whose password is not looked at now: 429, asked again.

There is no time to hash it, or too many before it were wrong (`robots.failed_logins`).
"""

import math
from http import HTTPStatus
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from quaysite.middleware import GetResponse
from robots.errors import AskAgainLater, LoginBlocked
from robots.origin import client_address
from robots.password_hashing import turns

_PAGE = "text/html"
_ANSWERS = ["application/json", _PAGE]


class HashingBusyMiddleware:
    """What does not say so itself answers a page to browsers, and JSON to others."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        if not isinstance(exception, AskAgainLater):
            return None
        if request.get_preferred_type(_ANSWERS) == _PAGE:
            page = render(request, "429.html", _reason(exception))
            return _asking_again(page, exception)
        answer = JsonResponse({"message": str(exception)})
        return _asking_again(answer, exception)


class AsksAgain:
    """Before a FormView in the bases: shows the form again, which says why.

    What is sent holds a place for its address until it is answered. The template
    finds why in `is_busy` or `blocked_for` (`quaysite/hashing_busy.html`).
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        view: Any = super()
        try:
            with turns.place(client_address(request)):
                answer: HttpResponse = view.post(request, *args, **kwargs)
        except AskAgainLater as later:
            return self._later(later)
        return answer

    def _later(self, later: AskAgainLater) -> HttpResponse:
        view: Any = self
        kept = view.get_form_kwargs()
        # Not filled in: to know the errors of one that is, the password is hashed.
        empty = {name: kept[name] for name in kept.keys() - {"data", "files"}}
        form = view.get_form_class()(**empty)
        _focus_on_what_is_missing(form)
        context = view.get_context_data(form=form, **_reason(later))
        return _asking_again(view.render_to_response(context), later)


def _reason(later: AskAgainLater) -> dict[str, Any]:
    """What templates say: that many are being checked, or how long to wait."""
    if not isinstance(later, LoginBlocked):
        return {"is_busy": True}
    minutes = math.ceil(later.retry_after / 60)
    return {"blocked_for": "a minute" if minutes == 1 else f"{minutes} minutes"}


def _focus_on_what_is_missing(form: BaseForm) -> None:
    """On the first field that is empty: what was kept need not be typed again."""
    for field in form.fields.values():
        field.widget.attrs.pop("autofocus", None)
    for name, field in form.fields.items():
        if not form.get_initial_for_field(field, name):
            field.widget.attrs["autofocus"] = True
            return


def _asking_again(response: HttpResponse, later: AskAgainLater) -> HttpResponse:
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(later.retry_after)
    return response
