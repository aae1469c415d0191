"""Repositories of a file: created, changed, and removed."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from robots.accessfile.documents import REPOSITORY_FIELDS, RepositoryDocument
from robots.accessfile.reconciling.differences import difference, differing
from robots.accessfile.reconciling.site import Site
from robots.lifecycle.new_repositories import NewRepository, create_repositories
from robots.lifecycle.repository_changes import (
    delete_repository,
    set_description,
    set_mirror_robot,
    set_state,
    set_visibility,
)
from robots.models import Repository, Robot
from robots.roles import State, Visibility

REPOSITORY = "repository"


class Held(NamedTuple):
    """A repository that is there; `mirror_robot` is the short name."""

    pk: int
    visibility: Visibility
    state: State
    mirror_robot: str | None
    description: str


def settle(site: Site) -> None:
    """Create the repositories that are new, and change those that are there."""
    said = site.said.repositories or {}
    held = _held(site, said)
    site.repositories.update((name, row.pk) for name, row in held.items())
    new = {name: said[name] for name in sorted(said) if name not in held}
    _create(site, new)
    for name in sorted(held):
        with site.at(said[name].line):
            _change(site, name, held[name], said[name].fields)


def remove_others(site: Site) -> None:
    """Remove the repositories that the file does not list, or count them."""
    listed = site.said.repositories
    if listed is None:
        return
    rows = Repository.objects.filter(namespace=site.namespace).order_by("name")
    others = [row for row in rows.values_list("name", "pk") if row[0] not in listed]
    if not site.prunes:
        site.leave(len(others))
        return
    for name, pk in others:
        repository = Repository(pk=pk, name=name, namespace=site.namespace)
        with site.at(site.said.line):
            delete_repository(repository, site.by)
        site.ledger.remove(REPOSITORY, repository.full_name)


def _held(site: Site, listed: Mapping[str, RepositoryDocument]) -> dict[str, Held]:
    """Those of the listed repositories that are there."""
    robots = {robot.pk: name for name, robot in site.robots.items()}
    rows = Repository.objects.filter(namespace=site.namespace).values_list(
        "name", "pk", "visibility", "state", "mirror_robot_id", "description"
    )
    return {
        name: Held(
            pk,
            Visibility(visibility),
            State(state),
            robots.get(mirror) if mirror is not None else None,
            description,
        )
        for name, pk, visibility, state, mirror, description in (
            rows.order_by().iterator() if listed else ()
        )
        if name in listed
    }


def _create(site: Site, new: Mapping[str, RepositoryDocument]) -> None:
    rows = [_new(site, name, said) for name, said in new.items()]
    with site.at(site.said.line):
        site.repositories.update(create_repositories(site.namespace, rows, site.by))
    for row in rows:
        is_public = row.visibility == Visibility.PUBLIC
        name = f"{site.name}/{row.name}"
        site.ledger.add(REPOSITORY, name, *_details(row), widens=is_public)


def _new(site: Site, name: str, said: RepositoryDocument) -> NewRepository:
    if site.said.partial and not said.fields:
        # A table of permissions names it: a slip of the pen must not create it.
        problem = f"there is no repository {site.name}/{name}, and no field of it is"
        raise site.refused(said.line, f"{problem} said")
    fields = dict(said.fields)
    mirror = fields.pop("mirror_robot", None)
    return NewRepository(name, **fields, mirror_robot=_robot(site, mirror, said.line))


def _robot(site: Site, name: str | None, line: int) -> Robot | None:
    if name is None:
        return None
    robot = site.robots.get(name)
    if robot is None:
        raise site.refused(line, f"there is no robot {site.name}+{name}")
    return robot


def _change(site: Site, name: str, held: Held, said: Mapping[str, Any]) -> None:
    """Set what differs; each field is an event."""
    changed = differing(said, held, REPOSITORY_FIELDS)
    if not changed:
        return
    repository = Repository(pk=held.pk, name=name, namespace=site.namespace)
    for field in changed:
        _set(site, repository, field, said[field])
        site.ledger.change(
            REPOSITORY,
            repository.full_name,
            [difference(field, getattr(held, field), said[field])],
            widens=_widens(field, held, said[field]),
        )


def _set(site: Site, repository: Repository, field: str, value: Any) -> None:
    line = (site.said.repositories or {})[repository.name].line
    match field:
        case "visibility":
            set_visibility(repository, value, site.by)
        case "state":
            set_state(repository, value, site.by)
        case "description":
            set_description(repository, value, site.by)
        case _:
            set_mirror_robot(repository, _robot(site, value, line), site.by)


def _widens(field: str, held: Held, after: Any) -> bool:
    """Whether more callers may do something with a repository afterwards."""
    match field:
        case "visibility":
            return bool(after == Visibility.PUBLIC)
        case "state":
            return held.state != State.NORMAL and after != State.READ_ONLY
        case "mirror_robot":
            return after is not None
    return False


def _details(row: NewRepository) -> Iterable[str]:
    """What a new repository is, as far as it matters who may use it."""
    yield row.visibility.label
    if row.state != State.NORMAL:
        yield row.state.label
    if row.mirror_robot is not None:
        yield f"mirror_robot {row.mirror_robot.name}"
