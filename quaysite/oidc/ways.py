"""The page on which people see, connect and disconnect what they sign in with."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from quaysite.lifecycle.oidc_accounts import unlink_own_account
from quaysite.models import OidcAccount, User
from quaysite.oidc import conf, sessions
from quaysite.oidc.attempts import Purpose, begin
from quaysite.oidc.errors import OidcRefused
from registryauth.conf import accepts_passwords
from robots import freshness
from robots.admin.performer import performer_of
from robots.errors import DomainError


@method_decorator(never_cache, name="dispatch")
class WaysPage(LoginRequiredMixin, TemplateView):
    """The password, and the accounts at the provider that are one's own."""

    template_name = "quaysite/oidc/ways.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": "Ways to sign in",
            "has_password": user.has_usable_password(),
            "accepts_passwords": accepts_passwords(),
            "accounts": list(user.oidc_accounts.all()),
            "provider": conf.name() if conf.is_configured() else "",
        }


@require_POST
@never_cache
@login_required
def connect(request: HttpRequest) -> HttpResponse:
    """A link to the provider, to connect the account that one signs in with there.

    Asked for by a form with the CSRF token, as it hands the person's account here to
    whoever comes back. A link, as the site's policy lets no form lead elsewhere.
    """
    page = reverse("sign-in-ways")
    if (stale := freshness.fresh_or_redirect(request, page)) is not None:
        return stale
    try:
        address = begin(request, Purpose.CONNECT, page)
    except OidcRefused as refused:
        messages.error(request, refused.message)
        return HttpResponseRedirect(page)
    context = {
        **admin.site.each_context(request),
        "title": f"Connect {conf.name()}",
        "address": address,
        "provider": conf.name(),
    }
    return render(request, "quaysite/oidc/continue.html", context)


@require_POST
@never_cache
@login_required
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own account at the provider signs one in no more."""
    page = reverse("sign-in-ways")
    if (stale := freshness.fresh_or_redirect(request, page)) is not None:
        return stale
    mine = cast(User, request.user).oidc_accounts
    account: OidcAccount | None = mine.filter(pk=pk).first()
    if account is None:
        raise Http404
    try:
        person = unlink_own_account(account, performer_of(request))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _end_or_keep(request, account, person)
        messages.success(request, "The account is disconnected.")
    return HttpResponseRedirect(page)


def _end_or_keep(request: HttpRequest, account: OidcAccount, person: User) -> None:
    """The session goes on unless the account that is gone began it."""
    if sessions.is_begun_by(request, account):
        logout(request)
    else:
        update_session_auth_hash(request, person)
