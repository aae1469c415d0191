"""Robot accounts, with what this app knows of them: whom each one trusts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from federation.admin.presets import PresetPage
from federation.admin.robot_trusts import (
    RemoveTrustPage,
    RobotTrustsPage,
    SwitchTrustPage,
)
from federation.admin.set_trust import AddTrustPage, ChangeTrustPage
from federation.admin.testing import TokenTestPage
from federation.admin.trusts import TrustAdmin, robot_trusts_page
from federation.models import Trust
from robots.admin.credentials import Keyless, keyless_steps
from robots.admin.delete_robots import Dependants
from robots.admin.pages import row_path
from robots.admin.reach import reach_of
from robots.admin.robot_rows import RowAction
from robots.admin.robots import RobotAdmin
from robots.admin.shell import Tab
from robots.models import Robot

_PAGES = (
    ("federation", RobotTrustsPage, "federation"),
    ("federation/add", AddTrustPage, "federation_add"),
    ("federation/test", TokenTestPage, "federation_test"),
    ("federation/preset/<slug:slug>", PresetPage, "federation_preset"),
    ("federation/<int:trust_id>/change", ChangeTrustPage, "federation_change"),
    ("federation/<int:trust_id>/remove", RemoveTrustPage, "federation_remove"),
    ("federation/<int:trust_id>/switch", SwitchTrustPage, "federation_switch"),
)
"""Below a robot's address: the route, its page, and the page's name."""

FEDERATED = "federated"
"""How a robot that trusts somebody can log in, in the words of a token's origin."""


class TrustFilter(admin.SimpleListFilter):
    """Robots that log in with tokens of others, as far as the person may know."""

    title = "federation"
    parameter_name = FEDERATED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Federated"), ("no", "Not federated")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> QuerySet[Any] | None:
        if self.value() not in {"yes", "no"}:
            return queryset
        reach = reach_of(request)
        if not reach.sees_site:
            # Or a member would learn from the filter what no page tells him.
            queryset = queryset.filter(namespace__in=reach.administered)
        trusts = Exists(Trust.objects.filter(robot=OuterRef("pk")))
        return queryset.filter(trusts if self.value() == "yes" else ~trusts)


admin.site.unregister(Robot)


@admin.register(Robot)
class FederatedRobotAdmin(RobotAdmin):
    """In place of the robots app's own, which knows nothing of trusts."""

    list_filter: ClassVar[Sequence[Any]] = (*RobotAdmin.list_filter, TrustFilter)

    def get_urls(self) -> list[Any]:
        mine = [row_path(self, route, page, name) for route, page, name in _PAGES]
        return [*mine, *super().get_urls()]

    def tabs(self, request: HttpRequest, robot: Robot) -> list[Tab]:
        """Federation only for who may see the robot's trusts."""
        tabs = super().tabs(request, robot)
        if self._trusts.sees(request, robot):
            tabs.append(Tab("federation", "Federation", robot_trusts_page(robot.pk)))
        return tabs

    def row_actions(self, request: HttpRequest, robot: Robot) -> list[RowAction]:
        """Setting federation comes after setting permissions."""
        actions = list(super().row_actions(request, robot))
        if self._trusts.sees(request, robot):
            page = robot_trusts_page(robot.pk)
            actions.insert(1, RowAction("Set robot federation", page))
        return actions

    def authentication_of(self, robots: Sequence[Robot]) -> Mapping[int, list[str]]:
        """A robot that has a trust is federated before anybody used it."""
        tokens = super().authentication_of(robots)
        found = {pk: list(ways) for pk, ways in tokens.items()}
        for pk in _numbers(robots, _live()):
            ways = found.setdefault(pk, [])
            if FEDERATED not in ways:
                ways.append(FEDERATED)
        return found

    def dependants(self, robots: Sequence[Robot]) -> list[Dependants]:
        """Trusts go with their robot."""
        trusts = Dependants("trusts", _numbers(robots, Trust.objects.all()))
        return [*super().dependants(robots), trusts]

    def keyless_steps(self, request: HttpRequest, robot: Robot) -> Keyless:
        """The general steps, and whether there is a trust that makes them work."""
        steps = keyless_steps(request, robot)
        if not self._trusts.sees(request, robot):
            return steps
        number = sum(_numbers([robot], _live()).values())
        has = f"It has {number or 'no'} trust{'' if number == 1 else 's'} at present."
        page = robot_trusts_page(robot.pk)
        links = [*steps.links, ("Set robot federation", page)]
        return replace(steps, intro=f"{steps.intro} {has}", links=links)

    @property
    def _trusts(self) -> TrustAdmin:
        found: TrustAdmin = self.admin_site.get_model_admin(Trust)  # type: ignore[assignment]
        return found


def _live() -> QuerySet[Trust]:
    """The trusts that let somebody in now."""
    ended = Q(expires_at__lte=timezone.now())
    return Trust.objects.filter(enabled=True).exclude(ended)


def _numbers(robots: Sequence[Robot], trusts: QuerySet[Trust]) -> dict[int, int]:
    """How many of `trusts` each robot has that has any, by its key; one query."""
    rows = trusts.filter(robot__in=robots).order_by().values("robot_id")
    counted = rows.annotate(number=Count("pk"))
    return dict(counted.values_list("robot_id", "number"))
