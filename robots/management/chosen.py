"""Whom and which repositories a command means: names and globs of one namespace."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model, QuerySet

from robots.batches import pieces
from robots.errors import DomainError, NotFound
from robots.lifecycle.permissions import Grantee
from robots.lookup import account_named, team_named
from robots.management.name_files import Name, Unknown
from robots.models import Namespace, Repository, Robot, Team
from robots.names import TEAM_PREFIX, is_repository_name
from robots.selection import Matching, Named, is_like, is_pattern

_AT_ONCE = 5_000
"""Names that are looked up together."""


def grantees_chosen(namespace: Namespace, names: Iterable[Name]) -> list[Grantee]:
    """Each once. Raises DomainError that names those that are nobody."""
    found: dict[tuple[type[Model], object], Grantee] = {}
    unknown = Unknown()
    for name in names:
        try:
            some = (
                _matching(namespace, name) if name.is_glob else [_one(namespace, name)]
            )
        except NotFound:
            unknown.add([name])
            continue
        found.update(((type(grantee), grantee.pk), grantee) for grantee in some)
    unknown.refuse("There is nobody called")
    return list(found.values())


def selections_chosen(
    namespace: Namespace, names: Iterable[Name]
) -> Iterator[Matching | Named]:
    """Together all that are meant, as they are read.

    Raises DomainError that names those that are unknown, at the latest at the end.
    """
    unknown = Unknown()
    for some in pieces(names, _AT_ONCE):
        plain = {_short(namespace, name): name for name in some if not name.is_glob}
        known = _known(namespace, list(plain))
        unknown.add(name for short, name in plain.items() if short not in known)
        if known and not unknown.count:
            yield Named(sorted(known))
        for name in some:
            if name.is_glob:
                yield _glob(namespace, name)
    unknown.refuse(f"No such repository in {namespace.name}")


def _one(namespace: Namespace, name: Name) -> Grantee:
    text = name.text
    if text.startswith(TEAM_PREFIX):
        return team_named(namespace, text.removeprefix(TEAM_PREFIX))
    return account_named(text)


def _matching(namespace: Namespace, name: Name) -> Sequence[Grantee]:
    """Robots or teams. Raises DomainError for a glob that matches none of them."""
    team, robot = TEAM_PREFIX, f"{namespace.name}+"
    found: Sequence[Grantee] = []
    if name.text.startswith(team):
        teams = Team.objects.filter(namespace=namespace)
        found = _like(teams, name.text.removeprefix(team))
    elif name.text.startswith(robot):
        robots = Robot.objects.filter(namespace=namespace).select_related("namespace")
        found = _like(robots, name.text.removeprefix(robot))
    else:
        raise DomainError(
            f"{name}: globs are for {robot}ROBOT and {team}TEAM; name each person"
        )
    if not found:
        raise DomainError(f"{name} matches nobody in {namespace.name}")
    return found


def _like(rows: QuerySet[Any], pattern: str) -> Sequence[Any]:
    return list(rows.filter(is_like(pattern))) if is_pattern(pattern) else []


def _known(namespace: Namespace, names: Sequence[str]) -> set[str]:
    valid = [name for name in names if is_repository_name(name)]
    rows = Repository.objects.filter(namespace=namespace, name__in=valid)
    return set(rows.values_list("name", flat=True).order_by())


def _glob(namespace: Namespace, name: Name) -> Matching:
    chosen = Matching(_short(namespace, name))
    if not (is_pattern(chosen.pattern) and chosen.rows(namespace).exists()):
        raise DomainError(f"{name} matches no repository of {namespace.name}")
    return chosen


def _short(namespace: Namespace, name: Name) -> str:
    """With the namespace before it or without, the same is meant."""
    return name.text.removeprefix(f"{namespace.name}/")
