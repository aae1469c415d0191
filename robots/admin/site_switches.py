"""The pages of the emergency switches of the site and of issuers, for who sees it."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from robots.admin.owned import OwnedAdmin
from robots.admin.reach import reach_of
from robots.admin.switch_targets import MAX_LISTED, listed, page_of, target_named
from robots.admin.switches import SwitchPage
from robots.errors import DomainError
from robots.issuer_trusts import robots_trusting
from robots.models import EmergencySwitch, Robot
from robots.switch_targets import Issuer, issuer_named


class WideSwitchPage(SwitchPage):
    """Turned by whom Django's permission on switches lets; 404 to everybody who does
    not see the site.
    """

    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it
    title = "Emergency switch"

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
        return {
            **super().get_context_data(**kwargs),
            **self.model_admin.admin_site.each_context(self.request),
            "title": self.title,
        }


class SiteSwitchPage(WideSwitchPage):
    """The site's own switch, the way to all others, and those that are on."""

    kind = "site"
    asks_first = True
    target = None

    @property
    def robots(self) -> int:
        return Robot.objects.count()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """With `target`, which somebody typed, leads to the page of its switch."""
        wanted = request.GET.get("target", "").strip()
        if not wanted:
            return super().get(request, *args, **kwargs)
        try:
            address = page_of(target_named(wanted))
        except DomainError as refusal:
            messages.error(request, refusal.message)
            address = page_of(None)
        return HttpResponseRedirect(address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        search = self.request.GET.get("q", "").strip()
        return {
            **super().get_context_data(**kwargs),
            "others": listed(search),
            "most": MAX_LISTED,
            "search": search,
        }


class IssuerSwitchPage(WideSwitchPage):
    """The switch of the issuer that `?issuer=` names; 404 for what cannot be one."""

    kind = "issuer"

    @cached_property
    def target(self) -> Issuer:
        try:
            return issuer_named(self.request.GET.get("issuer", ""))
        except DomainError:
            raise Http404 from None

    @property
    def robots(self) -> int:
        return robots_trusting([self.target.url]).count()


def site_switch_paths(model_admin: OwnedAdmin) -> list[URLPattern]:
    """`admin:site_switch` and `admin:issuer_switch`, for the admin site to mount."""

    def mounted(route: str, page: type[WideSwitchPage], name: str) -> URLPattern:
        view = model_admin.admin_site.admin_view(page.as_view(model_admin=model_admin))
        return path(f"emergency-switch/{route}", view, name=name)

    return [
        mounted("", SiteSwitchPage, "site_switch"),
        mounted("issuer/", IssuerSwitchPage, "issuer_switch"),
    ]
