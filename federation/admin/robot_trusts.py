"""Set robot federation: the trusts of one robot, and what each leaves open."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation.admin.shown_trusts import shown
from federation.admin.trust_forms import TrustForm
from federation.admin.trusts import TrustAdmin, robot_trusts_page
from federation.entries import MAX_TRUSTS
from federation.lifecycle import remove_trust, set_trust_enabled
from federation.models import Trust, with_live_tokens
from federation.presets import PRESETS
from robots.admin.performer import performer_of
from robots.admin.robot_pages import RobotPage
from robots.errors import DomainError, NotFound

DONE = "Successfully updated robot federation."


class FederationPage(RobotPage):
    """A page of the tab: for who sees the robot's trusts, and changes by `verb`.

    With `may_be_looked_at`, who may not do so gets the page all the same. A subclass
    that takes a POST says in `submit` what becomes of it.
    """

    template_name = "federation/admin/robot_trusts.html"
    title = "Set robot federation"
    tab = "federation"
    # Who may look is asked below: it is about trusts, not about the robot.
    for_administrators = False
    verb: ClassVar[str] = "change"
    may_be_looked_at: ClassVar[bool] = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.check()
        if not (self.may_change or self.may_be_looked_at):
            raise PermissionDenied
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if type(self).submit is FederationPage.submit:
            return self.http_method_not_allowed(request)
        self.check()
        if not self.may_change:
            raise PermissionDenied
        return self.submit()

    def check(self) -> None:
        """Raise PermissionDenied for who does not see the robot's trusts."""
        if not self.trusts.sees(self.request, self.row):
            raise PermissionDenied

    def submit(self) -> HttpResponseBase:
        """Do what was asked for by a person who may."""
        raise NotImplementedError

    @property
    def trusts(self) -> TrustAdmin:
        """Who says which trusts the person sees and may change."""
        found: TrustAdmin = self.model_admin.admin_site.get_model_admin(Trust)  # type: ignore[assignment]
        return found

    @property
    def may_change(self) -> bool:
        return self.trusts.may(self.request, self.verb, self.row)

    def leave(self, trust_id: int | None = None, done: str = DONE) -> HttpResponse:
        """Back to the list of the robot's trusts, with the good news."""
        messages.success(self.request, done)
        return redirect(robot_trusts_page(self.row.pk, trust_id))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        home = reverse("admin:robots_robot_federation", args=[self.row.pk])
        return {"home": home, **super().get_context_data(**kwargs)}


class RobotTrustsPage(FederationPage):
    """All trusts of the robot, and the form of a new one, which a script pops up."""

    verb = "add"
    may_be_looked_at = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = with_live_tokens(self.trusts.of(self.request, self.row))
        listed = [shown(trust) for trust in rows]
        may = {
            verb: self.trusts.may(self.request, verb, self.row)
            for verb in ("add", "change", "delete")
        }
        return {
            **super().get_context_data(**kwargs),
            "trusts": listed,
            "may": may,
            "is_full": len(listed) >= MAX_TRUSTS,
            "form": TrustForm(),
            "presets": PRESETS.values(),
        }


class TrustPage(FederationPage):
    """A page about one trust of the robot; 404 for that of any other robot."""

    trust: Trust

    def check(self) -> None:
        super().check()
        found = self.trusts.of(self.request, self.row).filter(
            pk=self.kwargs["trust_id"]
        )
        trust = found.first()
        if trust is None:
            raise Http404
        trust.robot = self.row
        self.trust = trust


class RemoveTrustPage(TrustPage):
    """Asks first, and tells who is shut out."""

    template_name = "federation/admin/remove_trust.html"
    verb = "delete"

    def submit(self) -> HttpResponseBase:
        try:
            remove_trust(self.trust, performer_of(self.request))
        except NotFound:
            raise Http404 from None
        return self.leave(done="Successfully removed the trust.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tokens = self.trust.tokens.filter(token__expires_at__gt=timezone.now())
        return {
            **super().get_context_data(**kwargs),
            "shown": shown(self.trust),
            "tokens": tokens.count(),
        }


class SwitchTrustPage(TrustPage):
    """Enables or disables a trust, as the button says; there is nothing to look at."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def submit(self) -> HttpResponseBase:
        enabled = self.request.POST.get("enabled") == "yes"
        try:
            set_trust_enabled(self.trust, enabled, performer_of(self.request))
        except NotFound:
            raise Http404 from None
        except DomainError as refusal:
            messages.error(self.request, refusal.message)
            return redirect(robot_trusts_page(self.row.pk, self.trust.pk))
        return self.leave(self.trust.pk)
