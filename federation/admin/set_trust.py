"""One trust set by its form: a new one, or one that there is."""

from functools import cached_property
from typing import Any

from django.http import Http404
from django.http.response import HttpResponse, HttpResponseBase

from federation.admin.robot_trusts import FederationPage, TrustPage
from federation.admin.trust_forms import TrustForm
from federation.lifecycle import add_trust, change_trust
from robots.admin.performer import performer_of
from robots.errors import DomainError, NotFound


class _FormPage(FederationPage):
    """Saves what `form` says by `save`, or shows it again with what is wrong."""

    template_name = "federation/admin/set_trust.html"

    @property
    def data(self) -> Any:
        """What was sent, if anything was."""
        return self.request.POST if self.request.method == "POST" else None

    @cached_property
    def form(self) -> TrustForm:
        return TrustForm(self.data)

    def save(self) -> int:
        """Store it, and answer the trust's key. Raises DomainError."""
        raise NotImplementedError

    def submit(self) -> HttpResponseBase:
        if not self.form.is_valid():
            return self.again()
        try:
            trust_id = self.save()
        except NotFound:
            raise Http404 from None
        except DomainError as refusal:
            self.form.refuse(refusal)
            return self.again()
        return self.leave(trust_id)

    def again(self) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}


class AddTrustPage(_FormPage):
    """The form of a new trust, for browsers without scripts and after errors."""

    verb = "add"

    def save(self) -> int:
        trust = add_trust(self.row, self.form.entry, performer_of(self.request))
        return trust.pk


class ChangeTrustPage(TrustPage, _FormPage):
    """The form of a trust that there is.

    Refused if somebody changed it since the form was filled: neither of two people
    undoes unseen what the other one shut out.
    """

    @cached_property
    def form(self) -> TrustForm:
        trust = self.trust
        return TrustForm(self.data, before=trust.entry, revision=trust.revision)

    def save(self) -> int:
        by = performer_of(self.request)
        form = self.form
        return change_trust(self.trust, form.entry, by, seen=form.seen).pk
