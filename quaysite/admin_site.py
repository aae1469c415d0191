"""The admin site: for staff, and for everybody who has robots to look after."""

from typing import TYPE_CHECKING, Any, NoReturn

from csp.constants import UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, reverse

if TYPE_CHECKING:  # The theme has no types.
    from django.contrib.admin import AdminSite as _ThemedSite
else:
    from unfold.sites import UnfoldAdminSite as _ThemedSite

themed = csp_update({"script-src": [UNSAFE_EVAL]})
"""For pages in the theme's looks, whose scripts (Alpine) evaluate expressions."""

_LEFT_OUT = {"view_on_site"}
"""Addresses of Django's that tell whether a guessed row exists."""


class QuaysiteAdminSite(_ThemedSite):
    """Who enters is decided here; what each person finds, by every page for itself."""

    index_title = "Overview"
    index_template = "quaysite/admin/index.html"
    enable_nav_sidebar = True
    mounts_site_urls = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Anybody whose account is active: pages show each person what is theirs."""
        return request.user.is_active

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one page to sign in, for everybody."""
        wanted = request.GET.get("next", "") or reverse("admin:index")
        return redirect_to_login(wanted, resolve_url("sign-in"))

    def search(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:
        """The theme's own keeps answers for minutes and fails on bad page numbers."""
        raise Http404

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return themed(super().admin_view(view, cacheable))

    def get_urls(self) -> list[Any]:
        """Those of Django, after the pages about the site that models' pages bring."""
        urls: list[URLPattern | URLResolver] = [
            url
            for pages in self._registry.values()
            for url in getattr(pages, "site_urls", list)()
        ]
        urls += super().get_urls()
        return [url for url in urls if getattr(url, "name", None) not in _LEFT_OUT]
