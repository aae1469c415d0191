"""Deleting robots, one or many: what goes with them, and a word to be typed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from robots.admin.bulk import Bulk, chosen_robots, is_sent
from robots.admin.refusals import REFUSALS, explain
from robots.admin.robot_details import list_address
from robots.admin.robot_pages import RobotPage
from robots.grants import live_permissions
from robots.lifecycle.tokens import live_tokens
from robots.models import DefaultPermission, Repository, Robot, TeamMember

WORD = "confirm"
SHOWN_ROBOTS = 10
"""Deleted robots that the message names."""

_TEMPLATE = "robots/admin/delete_robots.html"


class Dependants(NamedTuple):
    """Rows of one kind that go with robots: how many, by the robot's key."""

    label: str
    counts: Mapping[int, int]


class Lost(NamedTuple):
    """A robot, what goes with it, and the mirrors that keep it from going."""

    robot: Robot
    counts: Sequence[tuple[str, int]]
    mirrors: Sequence[str]


class ConfirmForm(forms.Form):
    confirm = forms.CharField(
        label=f"Type {WORD}",
        max_length=64,
        error_messages={"required": f"Type {WORD} to delete."},
        widget=forms.TextInput(
            attrs={
                "class": "qs-input",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != WORD:
            raise forms.ValidationError(
                f"Type {WORD}, in these letters. Nothing was deleted."
            )
        return typed


class DeleteRobotPage(RobotPage):
    """The page of one robot."""

    template_name = _TEMPLATE
    title = "Delete robot account"
    tab = "details"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.model_admin.has_delete_permission(self.request, self.row):
            raise PermissionDenied
        back = self.model_admin.page("change", self.row)  # type: ignore[attr-defined]
        return {
            **super().get_context_data(**kwargs),
            "form": kwargs.get("form") or ConfirmForm(),
            **_lost_context([self.row], self.model_admin),
            "back": back,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.model_admin.has_delete_permission(request, self.row):
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            with transaction.atomic():
                delete_all(self.model_admin, request, [self.row])
        except REFUSALS as refusal:
            messages.error(request, explain(refusal))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(list_address(self.model_admin, request))


def ask_to_delete(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Robot]
) -> HttpResponse | None:
    """The page that asks; once it is answered, the deed. The caller is atomic."""
    robots = chosen_robots(model_admin, request, queryset)
    if not robots:
        return None
    form = ConfirmForm(request.POST if is_sent(request) else None)
    if form.is_valid():
        delete_all(model_admin, request, robots)
        return None
    page = Bulk(
        model_admin, request, "Delete robot accounts", "delete_selected", robots
    )
    context = {"form": form, **_lost_context(robots, model_admin)}
    return TemplateResponse(request, _TEMPLATE, {**page.context(), **context})


def delete_all(model_admin: Any, request: HttpRequest, robots: list[Robot]) -> None:
    """Delete all of `robots`, which are in the order of locks, and say so."""
    for robot in robots:
        model_admin.remove(request, robot)
    names = ", ".join(robot.full_name for robot in robots[:SHOWN_ROBOTS])
    rest = len(robots) - SHOWN_ROBOTS
    more = f" and {rest} more" if rest > 0 else ""
    messages.success(request, f"Deleted: {names}{more}.")


def _lost_context(robots: Sequence[Robot], model_admin: Any) -> dict[str, Any]:
    lost = lost_with(robots, model_admin)
    return {"lost": lost, "in_use": any(one.mirrors for one in lost)}


def lost_with(robots: Sequence[Robot], model_admin: Any) -> list[Lost]:
    """What goes with each of `robots`, in the order given."""
    kinds: list[Dependants] = model_admin.dependants(robots)
    mirrors = _mirrors_of(robots)
    return [
        Lost(
            robot,
            [(kind.label, kind.counts.get(robot.pk, 0)) for kind in kinds],
            mirrors.get(robot.pk, []),
        )
        for robot in robots
    ]


def dependants_of(robots: Sequence[Robot]) -> list[Dependants]:
    """What this app keeps of robots; one query for each kind."""
    now = timezone.now()
    defaults = DefaultPermission.objects.filter(
        Q(robot__in=robots) | Q(creator_robot__in=robots)
    )
    return [
        Dependants("repositories", _count(live_permissions(now), robots)),
        Dependants("teams", _count(TeamMember.objects.all(), robots)),
        Dependants(
            "default permissions",
            Counter(
                key
                for pair in defaults.values_list("robot_id", "creator_robot_id")
                for key in set(pair)
                if key
            ),
        ),
        Dependants("live tokens", _count(live_tokens(now), robots)),
    ]


def _count(rows: QuerySet[Any], robots: Sequence[Robot]) -> Mapping[int, int]:
    mine = rows.filter(robot__in=robots).order_by()
    return dict(mine.values_list("robot_id").annotate(n=Count("pk")))


def _mirrors_of(robots: Sequence[Robot]) -> dict[int, list[str]]:
    rows = Repository.objects.filter(mirror_robot__in=robots).order_by("name")
    found: dict[int, list[str]] = {}
    for key, name in rows.values_list("mirror_robot_id", "name"):
        found.setdefault(key or 0, []).append(name)
    return found
