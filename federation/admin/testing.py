"""Test a token: what each trust of a robot would say to it.

The token comes in the body of a POST, is held as a Secret, and goes nowhere: it is
not stored, logged, or shown again, not even beside an error.
"""

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from federation.admin.robot_trusts import FederationPage
from federation.admin.shown_trusts import Badge
from federation.assertions import MAX_TOKEN_LENGTH
from federation.diagnosed import reason
from federation.diagnosis import Diagnosis, Outcome, Verdict, diagnose
from robots.credentials import Secret

_OUTCOMES = {
    Outcome.MATCH: Badge("qs-badge--good", "Matches"),
    Outcome.REFUSED: Badge("qs-badge--bad", "Refuses"),
    Outcome.DISABLED: Badge("", "Disabled"),
    Outcome.ENDED: Badge("", "Ended"),
}


class Unechoed(forms.Textarea):
    """Never shows what was typed."""

    def format_value(self, value: Any) -> None:
        return None


class TokenForm(forms.Form):
    token = forms.CharField(
        label="Token",
        max_length=MAX_TOKEN_LENGTH,
        help_text="A token of an issuer, as a job or a pod gets it: three parts with"
        " dots between them. Take one that nobody needs any more.",
        widget=Unechoed(
            attrs={
                "class": "qs-input",
                "rows": 6,
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )


@method_decorator(sensitive_post_parameters("token"), name="dispatch")
class TokenTestPage(FederationPage):
    """Asks for a token, and tells what would become of it; nothing is used up."""

    template_name = "federation/admin/test_token.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"form": TokenForm(), **super().get_context_data(**kwargs)}

    def submit(self) -> HttpResponseBase:
        form = TokenForm(self.request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        token = Secret("".join(form.cleaned_data["token"].split()))
        found = diagnose(self.row, token, timezone.now())
        context = self.get_context_data(found=found, verdicts=_verdicts(found))
        return self.render_to_response(context)


def _verdicts(found: Diagnosis) -> list[dict[str, Any]]:
    """What each trust said, the one that matters marked."""
    telling = found.matched or found.nearest
    return [
        {
            "trust": verdict.trust,
            "badge": _OUTCOMES[verdict.outcome],
            "why": _why(verdict),
            "expected": _listed(verdict.refused.expected) if verdict.refused else None,
            "actual": verdict.refused.actual if verdict.refused else None,
            "is_telling": telling is not None and verdict.trust.pk == telling.pk,
        }
        for verdict in found.verdicts
    ]


def _why(verdict: Verdict) -> str:
    match verdict.outcome:
        case Outcome.MATCH:
            return "Everything that it asks for is so."
        case Outcome.DISABLED:
            return "It is switched off, so it was not asked."
        case Outcome.ENDED:
            return "Its end has come, so it was not asked."
    return reason(verdict)


def _listed(expected: Any) -> Any:
    """Some of what would have done, in one line."""
    return ", ".join(map(str, expected)) if isinstance(expected, list) else expected
