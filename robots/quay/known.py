"""What an organization names, cut down to whom there is here.

Nobody is created for it: who is not known is left out of teams and permissions, and
told once, with how many things went with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from django.contrib.auth import get_user_model

from robots.accessfile.documents import (
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    TeamDocument,
)
from robots.batches import batches
from robots.importing.leftovers import Leftovers
from robots.models import Robot, Team
from robots.names import TEAM_PREFIX, means_robot

_Item = TypeVar("_Item")

_REASONS = {
    "robot": "was not brought, and so nothing that it has",
    "team": "was not brought, and so nothing that it has",
    "user": "nobody here has this name: what it has was not brought",
}


def only_known(
    name: str, document: NamespaceDocument, leftovers: Leftovers
) -> NamespaceDocument:
    """The document without what it says of others than are here, or come with it."""
    known = _Known(name, document)
    fitted = replace(
        document,
        teams=_each(document.teams, known.team),
        repositories=_each(document.repositories, known.repository),
        default_permissions=tuple(
            default
            for default in document.default_permissions or ()
            if known.has(default.grantee)
            and (default.creator is None or known.has(default.creator))
        ),
    )
    for missing, count in known.misses.items():
        noun = _noun(missing)
        leftovers.add(noun, missing.removeprefix(TEAM_PREFIX), _REASONS[noun], count)
    return fitted


class _Known:
    """Who is here or comes along, and how often somebody else was named."""

    def __init__(self, name: str, document: NamespaceDocument) -> None:
        self._namespace = name
        self._names = {
            *(f"{name}+{robot}" for robot in document.robots or ()),
            *(f"{name}+{robot}" for robot in _names_in(Robot, name)),
            *(TEAM_PREFIX + team for team in document.teams or ()),
            *(TEAM_PREFIX + team for team in _names_in(Team, name)),
            *_people(document),
        }
        self.misses: Counter[str] = Counter()

    def has(self, grantee: str) -> bool:
        if grantee in self._names:
            return True
        self.misses[grantee] += 1
        return False

    def team(self, team: TeamDocument) -> TeamDocument:
        members = team.members or {}
        kept = {name: line for name, line in members.items() if self.has(name)}
        return replace(team, members=kept)

    def repository(self, repository: RepositoryDocument) -> RepositoryDocument:
        fields = dict(repository.fields)
        robot = fields.get("mirror_robot")
        if robot is not None and not self.has(f"{self._namespace}+{robot}"):
            del fields["mirror_robot"]
        return replace(
            repository,
            fields=fields,
            permissions=self._granted(repository.permissions or {}),
        )

    def _granted(
        self, permissions: Mapping[str, GrantDocument]
    ) -> dict[str, GrantDocument]:
        return {name: said for name, said in permissions.items() if self.has(name)}


def _each(
    items: Mapping[str, _Item] | None, fit: Callable[[_Item], _Item]
) -> dict[str, _Item] | None:
    return None if items is None else {name: fit(it) for name, it in items.items()}


def _names_in(model: type[Robot | Team], namespace: str) -> Iterable[str]:
    rows = model._default_manager.filter(namespace__name=namespace)
    names: Iterable[str] = rows.values_list("name", flat=True)
    return names


def people_named(document: NamespaceDocument) -> set[str]:
    """The people that a document gives something to, or says something of."""
    return {name for name in _named(document) if _noun(name) == "user"}


def _people(document: NamespaceDocument) -> Iterator[str]:
    """Those of the people named that there are here."""
    users = get_user_model()
    for some in batches(sorted(people_named(document))):
        rows = users._default_manager.filter(**{f"{users.USERNAME_FIELD}__in": some})
        yield from rows.values_list(users.USERNAME_FIELD, flat=True)


def _named(document: NamespaceDocument) -> Iterator[str]:
    for team in (document.teams or {}).values():
        yield from team.members or ()
    for repository in (document.repositories or {}).values():
        yield from repository.permissions or ()
    for default in document.default_permissions or ():
        yield default.grantee
        yield from [default.creator] if default.creator else []


def _noun(grantee: str) -> str:
    if grantee.startswith(TEAM_PREFIX):
        return "team"
    return "robot" if means_robot(grantee) else "user"
