"""Trusts by a preset: a few words, a look at what would come of them, and Save."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase

from federation.admin.preset_forms import PresetForm
from federation.admin.robot_trusts import FederationPage
from federation.admin.shown_trusts import shown
from federation.entries import Entry
from federation.lifecycle import add_trusts, plan_trusts
from federation.models import Trust
from federation.presets import PRESETS, fill
from federation.presets.preset import Preset
from robots.admin.performer import performer_of
from robots.conf import site_url
from robots.errors import DomainError, NotFound

REVIEWED = "reviewed"
"""Names what was shown for review: nothing else is saved than what was looked at."""


class PresetPage(FederationPage):
    """The fields of one preset; then the trusts that come of them, not stored yet."""

    template_name = "federation/admin/preset.html"
    verb = "add"
    planned: Sequence[Trust] = ()

    @cached_property
    def preset(self) -> Preset:
        slug = self.kwargs["slug"]
        if slug not in PRESETS:
            raise Http404
        return PRESETS[slug]

    @cached_property
    def form(self) -> PresetForm:
        sent = self.request.POST if self.request.method == "POST" else None
        return PresetForm(self.preset, sent)

    def submit(self) -> HttpResponseBase:
        if self.form.is_valid():
            try:
                return self.review_or_save()
            except NotFound:
                raise Http404 from None
            except DomainError as refusal:
                self.form.refuse(refusal)
        return self.render_to_response(self.get_context_data())

    def review_or_save(self) -> HttpResponseBase:
        """Save what was looked at already. Raises DomainError for what cannot be."""
        by = performer_of(self.request)
        entries = fill(self.preset.slug, self.form.values, site_url())
        if self.request.POST.get(REVIEWED) == _mark(entries):
            added = add_trusts(self.row, entries, by)
            return self.leave(added[0].pk)
        self.planned = plan_trusts(self.row, entries, by)
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = [trust.entry for trust in self.planned]
        return {
            **super().get_context_data(**kwargs),
            "preset": self.preset,
            "form": self.form,
            "planned": [shown(trust) for trust in self.planned],
            "mark": _mark(entries) if entries else "",
        }


def _mark(entries: Sequence[Entry]) -> str:
    return hashlib.sha256(repr(list(entries)).encode()).hexdigest()
