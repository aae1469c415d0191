"""The table of robot accounts: its rows, with what stands beside each of them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from robots.admin.lists import CarefulChangeList
from robots.admin.reach import reach_of
from robots.admin.robot_rows import (
    Beside,
    RowAction,
    grants_of,
    with_repository_count,
)
from robots.models import Robot


class RobotChangeList(CarefulChangeList):
    """The rows of a page are completed together, in as many queries for any number."""

    may_add: bool

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        reach = reach_of(request)
        namespaces = None if reach.sees_site else reach.administered
        rows: QuerySet[Any] = self.root_queryset
        self.root_queryset = with_repository_count(rows, namespaces)
        return super().get_queryset(request, *args, **kwargs)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        robots: list[Any] = list(self.result_list)
        self._complete(request, robots)
        self.result_list = robots
        page: Any = self.model_admin
        self.may_add = page.may_here(request, "add")

    def _complete(self, request: HttpRequest, robots: list[Any]) -> None:
        page: Any = self.model_admin
        audited = [robot for robot in robots if page.sees_grants(request, robot)]
        grants = grants_of(audited, page.authentication_of(audited)) if audited else {}
        for robot in robots:
            robot.beside = Beside(grants.get(robot.pk), self._menu(request, robot))

    def _menu(self, request: HttpRequest, robot: Robot) -> list[RowAction]:
        page: Any = self.model_admin
        lines: list[RowAction] = []
        if page.has_change_permission(request, robot):
            lines += page.row_actions(request, robot)
        if page.has_delete_permission(request, robot):
            url = page.page("delete", robot)
            lines.append(RowAction("Delete", url, is_dangerous=True))
        return lines
