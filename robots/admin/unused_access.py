"""The page about what nobody of an organization used, and so could be taken away."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from robots.admin.pages import RowPage
from robots.admin.reach import reach_of
from robots.admin.shell import Shell, organization_shell
from robots.models import Namespace, RepositoryPermission, Robot, Team
from robots.plain_plans import plain_plans
from robots.unused import (
    DEFAULT_DAYS,
    Period,
    counts,
    empty_teams,
    idle_robots,
    known_since,
    unused_permissions,
)
from robots.unused_rows import (
    EmptyTeam,
    IdleRobot,
    UnusedPermission,
    permission_row,
    robot_row,
    team_row,
)

CHOICES = (30, 90, 180, 365)
"""Days that one can ask about."""

PER_PAGE = 50

SHOWN = 100
"""Robots and teams that are listed; the numbers count all of them."""


class Line(NamedTuple):
    """A stored row, for links, and what is told of it."""

    found: Any
    row: UnusedPermission | IdleRobot | EmptyTeam


class UnusedAccessPage(RowPage):
    """For who administers the organization or sees the whole site, as over the API."""

    template_name = "robots/admin/unused_access.html"
    title = "Unused access"

    row: Namespace

    @property
    def may_change(self) -> bool:
        """Looking is enough: the page changes nothing."""
        return may_see_unused(self.request, self.row)

    def shell(self) -> Shell:
        return organization_shell(self.request, self.row, "settings")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        with plain_plans():
            report = self._report(Period.of(self._days()))
        return {
            **super().get_context_data(**kwargs),
            **report,
            "choices": CHOICES,
            "shown": SHOWN,
            "may_set": self._may_set(),
        }

    def _report(self, period: Period) -> dict[str, Any]:
        since, here = known_since(), Namespace.objects.filter(pk=self.row.pk)
        number = counts(here, period)
        permissions = unused_permissions(here, period)
        paginator = Paginator(permissions.order_by("repository__name", "pk"), PER_PAGE)
        paginator.count = number.unused + number.wider  # It is counted already.
        page = paginator.get_page(self.request.GET.get("p", "1")[:9])
        return {
            "period": period,
            "known_since": since,
            "is_known": period.is_known(since),
            "counts": number,
            "page": page,
            "lines": [Line(found, permission_row(found)) for found in page],
            "robots": _robots(idle_robots(here, period)),
            "teams": _teams(empty_teams(here, period)),
        }

    def _days(self) -> int:
        asked = self.request.GET.get("days", "")
        known = {str(days): days for days in CHOICES}
        return known.get(asked, DEFAULT_DAYS)

    def _may_set(self) -> bool:
        """Whether links to pages that set permissions would lead somewhere."""
        reach = reach_of(self.request)
        if reach.administers(self.row):
            return True
        verbs = ("add", "change", "delete")
        return all(reach.may(verb, RepositoryPermission) for verb in verbs) and all(
            reach.may("change", model) for model in (Robot, Team)
        )


def may_see_unused(request: HttpRequest, namespace: Namespace) -> bool:
    """Whether the page is shown to who is signed in."""
    reach = reach_of(request)
    return reach.sees_site or reach.administers(namespace)


def _robots(found: QuerySet[Any]) -> Sequence[Line]:
    return [Line(robot, robot_row(robot)) for robot in found.order_by("name")[:SHOWN]]


def _teams(found: QuerySet[Any]) -> Sequence[Line]:
    return [Line(team, team_row(team)) for team in found.order_by("name")[:SHOWN]]
