"""The API of a running Harbor, 2.2 or later: its projects and their robots.

It never gives a secret or the hash of one (api/v2.0/swagger.yaml in Harbor's source).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from robots.errors import DomainError
from robots.harbor.records import Access, HarborRobot, moment
from robots.importing.answers import Unusable, called, flag, mapping, text
from robots.importing.leftovers import Leftovers
from robots.remote import Remote, RemoteFailed

PREFIX = "/api/v2.0"

PAGE_SIZE = 100
"""Things of one answer; Harbor gives no more."""

MAX_PAGES = 10_000
"""Pages of one list: more come from an end that does not stop."""

_HIDDEN = frozenset({401, 403})
"""What Harbor answers about robots of the system to whoever does not administer it."""


def read_api(
    remote: Remote, projects: Sequence[str], leftovers: Leftovers
) -> Iterator[HarborRobot]:
    """The robots of all projects, or of `projects`, and those of the system.

    What is no robot is left out. Raises RemoteFailed, and DomainError for an answer
    that is no list or has no end, and for one of `projects` that is not there.
    """
    missing = set(projects)
    for project in _items(remote, "/projects", ""):
        try:
            name, number = text(project, "name"), _number(project, "project_id")
        except Unusable as error:
            leftovers.add("project", called(project), str(error))
            continue
        missing.discard(name)
        if not projects or name in projects:
            query = f"Level=project,ProjectID={number}"
            items = _items(remote, "/robots", query)
            yield from _robots(items, name, leftovers)
    if missing:
        raise DomainError(f"--project: this user sees no project {min(missing)} there")
    if not projects:
        yield from _of_system(remote, leftovers)


def _of_system(remote: Remote, leftovers: Leftovers) -> Iterator[HarborRobot]:
    try:
        items = list(_items(remote, "/robots", "Level=system"))
    except RemoteFailed as error:
        if error.status not in _HIDDEN:
            raise
        leftovers.add("robots", "of the system", "cannot be read by this user")
        return
    yield from _robots(items, "", leftovers)


def _robots(
    items: Iterator[Any] | list[Any], project: str, leftovers: Leftovers
) -> Iterator[HarborRobot]:
    for item in items:
        try:
            yield _robot(item, project)
        except (Unusable, ValueError) as error:
            leftovers.add("robot", called(item), str(error))


def _robot(item: Any, project: str) -> HarborRobot:
    """Raises Unusable."""
    return HarborRobot(
        text(item, "name"),
        project,
        text(item, "description", ""),
        moment(_number(item, "expires_at")),
        flag(item, "disable", False),
        tuple(_accesses(item)),
    )


def _accesses(item: Any) -> Iterator[Access]:
    for permission in _list(item, "permissions"):
        place = text(permission, "namespace")
        if text(permission, "kind") == "system":
            place = "/"
        for access in _list(permission, "access"):
            yield Access(
                place,
                text(access, "resource", ""),
                text(access, "action", ""),
                text(access, "effect", ""),
            )


def _items(remote: Remote, path: str, query: str) -> Iterator[Any]:
    """What all pages of a list hold; the last one is not full."""
    said = {"q": query} if query else {}
    before: Any = None
    for page in range(1, MAX_PAGES + 1):
        asked = {**said, "page": str(page), "page_size": str(PAGE_SIZE)}
        found = remote.get(PREFIX + path, asked).document
        if not isinstance(found, list):
            # Harbor sends null for a list of nothing.
            if found is None:
                return
            raise DomainError(f"{path}: the answer is no list")
        if found and found == before:
            raise DomainError(f"{path}: page {page} is page {page - 1} again")
        yield from found
        if len(found) < PAGE_SIZE:
            return
        before = found
    raise DomainError(f"{path}: more than {MAX_PAGES} pages")


def _list(said: Any, key: str) -> list[Any]:
    found = mapping(said).get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Unusable(f"{key} is no list")
    return found


def _number(said: Any, key: str) -> int:
    found = mapping(said).get(key, 0)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Unusable(f"{key} is no number")
    return found
