"""`repositories` of an access file, with their permissions."""

from collections.abc import Mapping

from robots import names
from robots.accessfile.documents import (
    REPOSITORY_FIELDS,
    GrantDocument,
    RepositoryDocument,
)
from robots.accessfile.problems import Problem, shown
from robots.accessfile.sections.within import Within
from robots.accessfile.tables import each, fields, known_entries, parts
from robots.accessfile.tree import Node, Scalar
from robots.accessfile.values import (
    moment_or_none,
    one_of,
    role_or_none,
    table,
    text_or_none,
    text_up_to,
)
from robots.errors import DomainError
from robots.roles import State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION

_PERMISSIONS = "permissions"
_GRANT_READERS = {"role": role_or_none, "until": moment_or_none}
_NOTHING_TO_END = "until: there is nothing to end where the role is none"


def read_repositories(
    node: Node, path: str, within: Within
) -> Mapping[str, RepositoryDocument]:
    """By name below the namespace. Raises Problem for no mapping."""

    def read(name: str, node: Node, path: str) -> RepositoryDocument:
        try:
            names.check_repository_name(name)
        except DomainError as error:
            raise Problem(node.line, error.message) from None
        return _repository(node, path, within)

    return each(table(node), path, within.problems, read)


def grant_of(node: Node, path: str, within: Within) -> GrantDocument:
    """A role alone, or a mapping with its end. Raises Problem."""
    if isinstance(node, Scalar):
        return GrantDocument(role_or_none(node), None, node.line)
    problems = within.problems
    entries = known_entries(node, path, problems, tuple(_GRANT_READERS))
    said = fields(entries, path, problems, _GRANT_READERS)
    if "role" not in entries:
        raise Problem(node.line, "role is wanted")
    grant = GrantDocument(said.get("role"), said.get("until"), node.line)
    if "role" in said and grant.role is None and grant.until is not None:
        raise Problem(node.line, _NOTHING_TO_END)
    return grant


def _repository(node: Node, path: str, within: Within) -> RepositoryDocument:
    problems = within.problems
    entries = known_entries(node, path, problems, (*REPOSITORY_FIELDS, _PERMISSIONS))

    def read_permissions(node: Node, path: str) -> Mapping[str, GrantDocument]:
        return _permissions(node, path, within)

    readers = {_PERMISSIONS: read_permissions}
    return RepositoryDocument(
        fields=fields(entries, path, problems, _READERS),
        permissions=parts(entries, path, problems, readers).get(_PERMISSIONS),
        line=node.line,
    )


def _permissions(node: Node, path: str, within: Within) -> Mapping[str, GrantDocument]:
    def read(name: str, node: Node, path: str) -> GrantDocument:
        within.grantees.check(name, node.line)
        return grant_of(node, path, within)

    return each(table(node), path, within.problems, read)


def _mirror_robot(node: Node) -> str | None:
    name = text_or_none(node)
    if name is not None and names.simple_name_issue(name, "Robot"):
        wanted = "the short name of a robot of this namespace is wanted"
        raise Problem(node.line, f"{wanted}, not {shown(name)}")
    return name


_READERS = {
    "visibility": one_of({kind.label: kind for kind in Visibility}),
    "state": one_of({state.label: state for state in State}),
    "mirror_robot": _mirror_robot,
    "description": text_up_to(MAX_REPOSITORY_DESCRIPTION),
}
