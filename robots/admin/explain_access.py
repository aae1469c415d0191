"""Explain access: what an identity may do to a repository, why, and what it lacks."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.views.generic import TemplateView

from robots import conf
from robots.access import authorize
from robots.admin.owned import OwnedAdmin
from robots.admin.reach import reach_of
from robots.admin.source_words import in_words
from robots.decision import AccessRequest
from robots.errors import NotFound
from robots.explain import explain, identity_of_robot, verdicts
from robots.explained import creates
from robots.identity import ANONYMOUS, Identity
from robots.lookup import account_named
from robots.missing import missing
from robots.models import Namespace, Robot
from robots.names import RepositoryName, parse_repository_name
from robots.people import identity_of_person
from robots.roles import Action

NOBODY = "anonymous"
"""What stands for a client that does not log in."""

_ACTIONS = {
    Action.PULL.value: "Pull",
    Action.PUSH.value: "Push",
    Action.DELETE.value: "Delete",
    Action.ALL.value: "Administer (*)",
}


def _name_field(label: str, help_text: str) -> forms.CharField:
    shown = {"class": "qs-input", "autocapitalize": "none", "spellcheck": "false"}
    widget = forms.TextInput(attrs=shown)
    return forms.CharField(
        label=label, help_text=help_text, max_length=511, widget=widget
    )


class Question(forms.Form):
    """Who wants to do what, where: each as far as the person may ask about it.

    What one may not ask about is answered like what does not exist.
    """

    use_required_attribute = False

    identity = _name_field(
        "Who", f"A robot account's full name, a user name, or {NOBODY}."
    )
    repository = _name_field("Repository", "namespace/name.")
    action = forms.ChoiceField(
        label="Wants to",
        choices=list(_ACTIONS.items()),
        widget=forms.Select(attrs={"class": "qs-input"}),
    )

    def __init__(self, request: HttpRequest, rows: Any, data: Any = None) -> None:
        super().__init__(data)
        self.reach = reach_of(request)
        self.rows = rows
        self.namespace: Namespace | None = None

    def clean_repository(self) -> RepositoryName:
        """Of a namespace that one administers, or one that is in one's list."""
        path = self.cleaned_data["repository"].strip()
        name = parse_repository_name(path, conf.library_namespace())
        if name is None:
            raise ValidationError("Enter a repository as namespace/name.")
        found = Namespace.objects.filter(name=name.namespace).first()
        if found is not None and not self._audits(found):
            listed = self.rows.filter(namespace=found, name=name.name)
            found = found if listed.exists() else None
        if found is None:
            raise ValidationError(f"You can ask about no repository {path}.")
        self.namespace = found
        return name

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        name = self.cleaned_data.get("identity", "").strip()
        if self.namespace is not None and name:
            identity = self._identity(name, self.namespace)
            if identity is None:
                text = f"You can ask about nobody called {name} here."
                self.add_error("identity", text)
            else:
                self.cleaned_data["identity"] = identity
        return cleaned

    def _audits(self, namespace: Namespace) -> bool:
        return self.reach.sees_site or self.reach.administers(namespace)

    def _identity(self, name: str, namespace: Namespace) -> Identity | None:
        if name == NOBODY:
            return ANONYMOUS
        try:
            account = account_named(name)
        except NotFound:
            return None
        if isinstance(account, Robot):
            asks = self._audits(account.namespace) and self._audits(namespace)
            return identity_of_robot(account) if asks else None
        asks = account.pk == self.reach.user.pk or self._knows(account, namespace)
        return identity_of_person(account) if asks else None

    def _knows(self, person: AbstractBaseUser, namespace: Namespace) -> bool:
        """Administrators ask about people who have to do with their namespace."""
        if self.reach.sees_site:
            return True
        if not self._audits(namespace):
            return False
        people = get_user_model()._default_manager.filter(
            Q(personal_namespace=namespace)
            | Q(team_memberships__namespace=namespace)
            | Q(repository_permissions__namespace=namespace),
            pk=person.pk,
        )
        return people.exists()


class ExplainPage(TemplateView):
    """One question and its answer; the address has both names and nothing secret."""

    template_name = "robots/admin/explain_access.html"
    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        rows = self.model_admin.get_queryset(self.request)
        data = asked if "identity" in asked else None
        form = Question(self.request, rows, data)
        if data is None:
            form.initial = {"repository": asked.get("repository", "")}
        return {
            **super().get_context_data(**kwargs),
            **self.model_admin.admin_site.each_context(self.request),
            "title": "Explain access",
            "form": form,
            "answer": _answer(form) if form.is_valid() else None,
        }


def _answer(form: Question) -> dict[str, Any]:
    """The decision and everything that bears on it, for the page."""
    identity: Identity = form.cleaned_data["identity"]
    name: RepositoryName = form.cleaned_data["repository"]
    action, now = Action(form.cleaned_data["action"]), timezone.now()
    explanation = explain(identity, name, now)
    [decision] = authorize(identity, [AccessRequest(name, frozenset([action]))], now)
    answers = verdicts(explanation, decision, [action])
    lacking = missing(explanation, answers, form.namespace) if form.namespace else []
    return {
        "who": "A client that does not log in" if identity.is_anonymous else identity,
        "what": _ACTIONS[action.value].lower(),
        "where": str(name),
        "granted": answers[0].granted,
        "reason": answers[0].reason,
        "exists": explanation.state is not None,
        "creates": creates(explanation, decision),
        "role": decision.role,
        "sources": [(in_words(source), source) for source in explanation.sources],
        "ended": [(in_words(source), source) for source in explanation.ended],
        "cuts": [str(cut.reason) for cut in explanation.cuts],
        "needs": [text for need in lacking for text in need.needs],
    }
