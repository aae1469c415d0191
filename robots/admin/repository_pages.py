"""Pages about one repository, below its name and tabs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.utils import timezone

from robots import conf, switches
from robots.admin.pages import RowPage
from robots.admin.shell import Shell
from robots.admin.source_words import in_words
from robots.explain import Source
from robots.holders import Holder, HolderKind, holders
from robots.models import Repository, Robot

PER_PAGE = 50

MAX_SEARCH = 255

_KINDS = {
    "": "Everybody",
    HolderKind.TEAM.value: "Teams",
    HolderKind.PERSON.value: "People",
    HolderKind.ROBOT.value: "Robot accounts",
}


class RepositoryPage(RowPage):
    """A tab of a repository's; `tab` is its key in `RepositoryAdmin.tabs`."""

    tab: ClassVar[str] = ""

    row: Repository

    def shell(self) -> Shell | None:
        return self.model_admin.shell(self.request, self.row, self.tab)  # type: ignore[call-arg]

    def asked(self, name: str) -> str:
        """A parameter of the address, as far as a name can be long."""
        return self.request.GET.get(name, "").strip()[:MAX_SEARCH]


class ToldSource(NamedTuple):
    """One source of a holder's role, in words."""

    text: str
    source: Source


class Shown(NamedTuple):
    """One line of the page; `stopped` says why a login would be refused."""

    holder: Holder
    sources: Sequence[ToldSource]
    stopped: str


class AccessPage(RepositoryPage):
    """Who may do something to the repository, with which role, and why."""

    template_name = "robots/admin/repository_access.html"
    title = "Who can access"
    tab = "access"

    @property
    def may_change(self) -> bool:
        """Auditors and staff see it too: they see the whole site."""
        reach_all = self.model_admin.sees_all(self.request)  # type: ignore[attr-defined]
        return reach_all or super().may_change

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind, search = self.asked("kind"), self.asked("q")
        everybody = holders(self.row, timezone.now())
        found = [
            holder
            for holder in everybody
            if kind in ("", holder.kind) and search.lower() in holder.name.lower()
        ]
        number = self.request.GET.get("p", "1")[:9]
        page = Paginator(found, PER_PAGE).get_page(number)
        return {
            **super().get_context_data(**kwargs),
            "page": page,
            "lines": _lines(list(page)),
            "kinds": _KINDS.items(),
            "kind": kind,
            "search": search,
            "nobody": not everybody,
        }


def _lines(found: Sequence[Holder]) -> list[Shown]:
    stopped = {**_stopped_people(found), **_stopped_robots(found)}
    return [
        Shown(
            holder,
            [ToldSource(in_words(source), source) for source in holder.sources],
            stopped.get((holder.kind, holder.id), ""),
        )
        for holder in found
    ]


def _stopped_people(found: Sequence[Holder]) -> dict[tuple[HolderKind, Any], str]:
    keys = _keys(found, HolderKind.PERSON)
    people = get_user_model()._default_manager.filter(pk__in=keys, is_active=False)
    return {(HolderKind.PERSON, person.pk): "inactive" for person in people}


def _stopped_robots(found: Sequence[Holder]) -> dict[tuple[HolderKind, Any], str]:
    now = timezone.now()
    rows = Robot.objects.filter(pk__in=_keys(found, HolderKind.ROBOT))
    rows = rows.select_related("namespace")
    return {
        (HolderKind.ROBOT, robot.pk): _why_stopped(robot, now)
        for robot in rows.annotate(**switches.columns("namespace_id", "pk", now))
    }


def _why_stopped(robot: Any, now: datetime) -> str:
    """Of a robot with the columns of `switches`."""
    if not robot.enabled:
        return "disabled"
    if robot.expires_at and robot.expires_at <= now:
        return "expired"
    if switches.stops_anywhere(robot, robot.full_name):
        return "the emergency switch is on"
    return "robots are disallowed" if conf.robots_disallowed(robot.full_name) else ""


def _keys(found: Sequence[Holder], kind: HolderKind) -> list[int]:
    return [holder.id for holder in found if holder.kind is kind and holder.id]
