"""The pages of the emergency switches: the site's, and each namespace's."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.generic import TemplateView

from robots.admin.owned import OwnedAdmin
from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.shell import Shell, organization_shell
from robots.admin.switch_forms import ConfirmForm, TermsForm, initial_of
from robots.errors import DomainError
from robots.freshness import fresh_or_redirect
from robots.lifecycle.switches import CHANGED, TURNED_OFF, TURNED_ON, turn_off, turn_on
from robots.models import AuditEvent, EmergencySwitch, Namespace, Robot
from robots.switches import switches_on

MAX_SHOWN = 50
"""Namespaces whose switch is on, and past events, that one page lists."""

_NOT_DONE = (
    "Nothing has been changed: your sign-in was too long ago. Show that it is you, then"
    " do it once more."
)

_DEEDS = {
    TURNED_ON: "Turned on",
    CHANGED: "Terms changed",
    TURNED_OFF: "Turned off",
}


class SwitchPage(TemplateView):
    """One switch: whether it is on, its terms to be set, turning it off, its past.

    A subclass says whose switch it is (`namespace`, None for the site's) and whether
    the person `may_turn` it; who may not only looks. With `asks_first`, turning it on
    takes a second page and a word. To let robots go on takes a fresh session; to stop
    them does not, so that nothing delays it.
    """

    template_name = "robots/admin/switch.html"
    asks_first: ClassVar[bool] = False

    form: TermsForm
    confirm: ConfirmForm | None = None

    @property
    def namespace(self) -> Namespace | None:
        raise NotImplementedError

    @property
    def may_turn(self) -> bool:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = initial_of(self._switch())
        self.form = TermsForm(self.namespace, initial=initial)
        return self.render_to_response(self.get_context_data(**kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_turn:
            raise PermissionDenied
        if again := self._made_fresh():
            return again
        if request.POST.get("act") == "off":
            return self._turn_off()
        self.form = TermsForm(self.namespace, request.POST)
        if self.form.is_valid() and self._is_confirmed():
            try:
                return self._turn_on()
            except DomainError as refusal:
                self.form.add_error(None, refusal.message)
                self.confirm = None
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        robots = Robot.objects.all()
        if self.namespace is not None:
            robots = robots.filter(namespace=self.namespace)
        return {
            **super().get_context_data(**kwargs),
            "namespace": self.namespace,
            "may_turn": self.may_turn,
            "form": self.form,
            "confirm": self.confirm,
            "switch": self._switch(),
            "robots": robots.count(),
            "events": _past(self.namespace),
        }

    def _switch(self) -> EmergencySwitch | None:
        """The switch, if it is on."""
        on = switches_on(timezone.now())
        if self.namespace is None:
            return on.filter(site=True).first()
        return on.filter(namespace=self.namespace).first()

    def _made_fresh(self) -> HttpResponse | None:
        """A way to a fresh session, where one is needed and this one is stale."""
        if self.request.POST.get("act") != "off" and self._switch() is None:
            return None
        redirect = fresh_or_redirect(self.request)
        if redirect:
            messages.warning(self.request, _NOT_DONE)
        return redirect

    def _is_confirmed(self) -> bool:
        """Whether the word was typed, where one is asked for; else asks for it."""
        act = self.request.POST.get("act")
        if act == "back":
            return False
        if not self.asks_first or self._switch() is not None:
            return True
        data = self.request.POST if act == "confirmed" else None
        self.confirm = ConfirmForm(data)
        return self.confirm.is_valid()

    def _turn_on(self) -> HttpResponse:
        was_on = self._switch() is not None
        turn_on(self.namespace, self.form.terms, performer_of(self.request))
        text = f"The emergency switch of {self.namespace or 'the site'} is on."
        if was_on:
            text = "The terms have been saved."
        messages.success(self.request, text)
        return HttpResponseRedirect(self.request.path)

    def _turn_off(self) -> HttpResponse:
        try:
            turn_off(self.namespace, performer_of(self.request))
        except DomainError as refusal:
            messages.error(self.request, refusal.message)
        else:
            text = f"The emergency switch of {self.namespace or 'the site'} is off."
            messages.success(self.request, text)
        return HttpResponseRedirect(self.request.path)


class SiteSwitchPage(SwitchPage):
    """For who sees the site; turned by whom Django's permission on switches lets."""

    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it
    asks_first = True
    namespace = None

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not reach_of(request).sees_site:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def may_turn(self) -> bool:
        return reach_of(self.request).may("change", EmergencySwitch)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = switches_on(timezone.now()).filter(site=None)
        return {
            **super().get_context_data(**kwargs),
            **self.model_admin.admin_site.each_context(self.request),
            "title": "Emergency switch",
            "others": others.select_related("namespace").order_by("namespace__name")[
                :MAX_SHOWN
            ],
        }


class NamespaceSwitchPage(SwitchPage, RowPage):
    """For the namespace's administrators, and for who sees the site.

    Staff need Django's permission on switches; that on namespaces is another matter.
    """

    title = "Emergency switch"
    for_administrators = False

    row: Namespace

    @property
    def namespace(self) -> Namespace:
        return self.row

    @property
    def may_turn(self) -> bool:
        reach = reach_of(self.request)
        return reach.administers(self.row) or reach.may("change", EmergencySwitch)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (self.may_turn or reach_of(request).sees_site):
            raise PermissionDenied
        return super().get(request, *args, **kwargs)

    def shell(self) -> Shell:
        return organization_shell(self.request, self.row, "settings")


def site_switch_path(model_admin: OwnedAdmin) -> URLPattern:
    """`admin:site_switch`, for the admin site itself to mount."""
    view = SiteSwitchPage.as_view(model_admin=model_admin)
    page = model_admin.admin_site.admin_view(view)
    return path("emergency-switch/", page, name="site_switch")


def _past(namespace: Namespace | None) -> list[tuple[AuditEvent, str, Any]]:
    """The switch's events, the last one first, each with what it did and until when."""
    events = AuditEvent.objects.filter(kind__in=_DEEDS, namespace=namespace)
    return [
        (event, _DEEDS[event.kind], parse_datetime(event.facts.get("ends_at") or ""))
        for event in events.order_by("-id")[:MAX_SHOWN]
    ]
