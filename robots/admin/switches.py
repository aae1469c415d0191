"""The page of an emergency switch, whatever it is of, and those of namespaces and
robots.
"""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.generic import TemplateView

from robots.admin.pages import RowPage
from robots.admin.performer import performer_of
from robots.admin.reach import reach_of
from robots.admin.robot_pages import RobotPage
from robots.admin.shell import Shell, organization_shell
from robots.admin.switch_forms import ConfirmForm, TermsForm, initial_of
from robots.errors import DomainError
from robots.freshness import fresh_or_redirect
from robots.lifecycle.switches import CHANGED, TURNED_OFF, TURNED_ON, turn_off, turn_on
from robots.models import AuditEvent, EmergencySwitch, Namespace, Robot
from robots.switch_targets import Target, columns_of, facts_of, named, namespace_of
from robots.switches import switches_on

MAX_SHOWN = 50
"""Past events that one page lists."""

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

    A subclass says what it is of (`target`), in which words (`kind`), how many
    `robots` that concerns, and whether the person `may_turn` it; who may not only
    looks. With `asks_first`, turning it on takes a second page and a word. To let
    robots go on takes a fresh session; to stop them does not, so that nothing delays
    it.
    """

    template_name = "robots/admin/switch.html"
    kind: ClassVar[str]
    asks_first: ClassVar[bool] = False

    form: TermsForm
    confirm: ConfirmForm | None = None

    @property
    def target(self) -> Target:
        raise NotImplementedError

    @property
    def robots(self) -> int:
        raise NotImplementedError

    @property
    def may_turn(self) -> bool:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = initial_of(self._switch())
        self.form = TermsForm(self.target, initial=initial)
        return self.render_to_response(self.get_context_data(**kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_turn:
            raise PermissionDenied
        if again := self._made_fresh():
            return again
        if request.POST.get("act") == "off":
            return self._turn_off()
        self.form = TermsForm(self.target, request.POST)
        if self.form.is_valid() and self._is_confirmed():
            try:
                return self._turn_on()
            except DomainError as refusal:
                self.form.add_error(None, refusal.message)
                self.confirm = None
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "kind": self.kind,
            "target": self.target,
            "may_turn": self.may_turn,
            "form": self.form,
            "confirm": self.confirm,
            "switch": self._switch(),
            "robots": self.robots,
            "events": _past(self.target),
        }

    def _switch(self) -> EmergencySwitch | None:
        """The switch, if it is on."""
        return switches_on(timezone.now()).filter(**columns_of(self.target)).first()

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
        turn_on(self.target, self.form.terms, performer_of(self.request))
        text = f"The emergency switch of {named(self.target)} is on."
        if was_on:
            text = "The terms have been saved."
        messages.success(self.request, text)
        return HttpResponseRedirect(self.request.get_full_path())

    def _turn_off(self) -> HttpResponse:
        try:
            turn_off(self.target, performer_of(self.request))
        except DomainError as refusal:
            messages.error(self.request, refusal.message)
        else:
            text = f"The emergency switch of {named(self.target)} is off."
            messages.success(self.request, text)
        return HttpResponseRedirect(self.request.get_full_path())


class RowSwitchPage(SwitchPage, RowPage):
    """For the administrators of a row's namespace, and for who sees the site.

    Staff need Django's permission on switches; that on the row is another matter.
    """

    title = "Emergency switch"
    for_administrators = False

    @property
    def may_turn(self) -> bool:
        reach = reach_of(self.request)
        administers = reach.administers(namespace_of(self.target))
        return administers or reach.may("change", EmergencySwitch)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (self.may_turn or reach_of(request).sees_site):
            raise PermissionDenied
        return super().get(request, *args, **kwargs)


class NamespaceSwitchPage(RowSwitchPage):
    """The switch of a namespace, in its Settings."""

    kind = "namespace"

    row: Namespace

    @property
    def target(self) -> Namespace:
        return self.row

    @property
    def robots(self) -> int:
        return Robot.objects.filter(namespace=self.row).count()

    def shell(self) -> Shell:
        return organization_shell(self.request, self.row, "settings")


class RobotSwitchPage(RowSwitchPage, RobotPage):
    """The switch of one robot, which excepts none."""

    kind = "robot"
    tab = "details"
    robots = 1

    @property
    def target(self) -> Robot:
        return self.row


def _past(target: Target) -> list[tuple[AuditEvent, str, Any]]:
    """The switch's events, the last one first, each with what it did and until when."""
    events = AuditEvent.objects.filter(kind__in=_DEEDS, namespace=namespace_of(target))
    about = facts_of(target)
    for fact in ("robot", "issuer"):
        lookup = f"facts__{fact}" if fact in about else f"facts__{fact}__isnull"
        events = events.filter(**{lookup: about.get(fact, True)})
    return [
        (event, _DEEDS[event.kind], parse_datetime(event.facts.get("ends_at") or ""))
        for event in events.order_by("-id")[:MAX_SHOWN]
    ]
