"""Access files as text: YAML made for diffs, and CSV of the permissions.

Pure. One permission or member is one line, no line is folded, and equal documents are
equal bytes. What is written is exactly what the documents say.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, TypeVar

from django.db.models import Choices

from robots.accessfile.blocks import STEP, Inline, mapping_lines
from robots.accessfile.cells import COLUMNS, guarded
from robots.accessfile.documents import (
    ORGANIZATION_FIELDS,
    REPOSITORY_FIELDS,
    ROBOT_FIELDS,
    TEAM_FIELDS,
    AccessFile,
    DefaultPermissionDocument,
    Fields,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.scalars import text
from robots.lifecycle.wanted import NO_ROLE

VERSION = 1

HEADER = (
    f"# Quaysite access file, version {VERSION};"
    " its JSON Schema: manage.py export_access --schema\n"
)

_Noun = TypeVar("_Noun", TeamDocument, RobotDocument, RepositoryDocument)

_Tree = dict[str, Any]


def yaml_of(file: AccessFile) -> Iterator[str]:
    """The file in pieces of whole lines; it looks at one namespace at a time."""
    yield f"{HEADER}version: {VERSION}\n"
    if not file.namespaces:
        yield "namespaces: {}\n"
        return
    yield "namespaces:\n"
    for name in sorted(file.namespaces):
        yield from _namespace(name, file.namespaces[name])


def csv_of(file: AccessFile) -> Iterator[str]:
    """The permissions of the file, a line each; CSV has no place for the rest."""
    yield _csv_line(COLUMNS)
    for name in sorted(file.namespaces):
        repositories = file.namespaces[name].repositories or {}
        for short in sorted(repositories):
            path, grants = f"{name}/{short}", repositories[short].permissions or {}
            for grantee in sorted(grants):
                grant = grants[grantee]
                until = grant.until.astimezone(UTC).isoformat() if grant.until else ""
                yield _csv_line((path, grantee, _role_name(grant), until))


def _namespace(name: str, document: NamespaceDocument) -> Iterator[str]:
    pieces = _namespace_pieces(document)
    first = next(pieces, None)
    if first is None:
        yield f"{STEP}{text(name)}: {{}}\n"
        return
    yield f"{STEP}{text(name)}:\n{first}"
    yield from pieces


def _namespace_pieces(document: NamespaceDocument) -> Iterator[str]:
    flags = {"personal": document.personal, "partial": document.partial}
    said = {flag: True for flag, is_on in flags.items() if is_on}
    if said or document.fields:
        yield _joined(said | _fields(document.fields, ORGANIZATION_FIELDS), STEP * 2)
    yield from _section("teams", document.teams, _team)
    yield from _section("robots", document.robots, _robot)
    yield from _section("repositories", document.repositories, _repository)
    if document.default_permissions is not None:
        defaults = [_default(said) for said in document.default_permissions]
        yield _joined({"default_permissions": defaults}, STEP * 2)


def _section(
    name: str, nouns: Mapping[str, _Noun] | None, tree: Callable[[_Noun], _Tree]
) -> Iterator[str]:
    """A piece for each noun: all of them at once may be many megabytes."""
    if nouns is None:
        return
    if not nouns:
        yield _joined({name: {}}, STEP * 2)
        return
    yield f"{STEP * 2}{name}:\n"
    for noun in sorted(nouns):
        yield _joined({noun: tree(nouns[noun])}, STEP * 3)


def _team(said: TeamDocument) -> _Tree:
    made = _fields(said.fields, TEAM_FIELDS)
    if said.members is not None:
        made["members"] = sorted(said.members)
    return made


def _robot(said: RobotDocument) -> _Tree:
    made = _fields(said.fields, ROBOT_FIELDS)
    if said.trusts is not None:
        made["trusts"] = list(said.trusts)
    return made


def _repository(said: RepositoryDocument) -> _Tree:
    made = _fields(said.fields, REPOSITORY_FIELDS)
    if said.permissions is not None:
        grants = said.permissions
        made["permissions"] = {name: _grant(grants[name]) for name in sorted(grants)}
    return made


def _grant(grant: GrantDocument) -> str | Inline:
    if grant.until is None:
        return _role_name(grant)
    return Inline({"role": _role_name(grant), "until": grant.until})


def _default(said: DefaultPermissionDocument) -> _Tree:
    made = {"to": said.grantee, "role": said.role.label}
    return made if said.creator is None else made | {"creator": said.creator}


def _role_name(grant: GrantDocument) -> str:
    return NO_ROLE if grant.role is None else str(grant.role.label)


def _fields(fields: Fields, order: Sequence[str]) -> _Tree:
    return {name: _value(fields[name]) for name in order if name in fields}


def _value(value: Any) -> Any:
    """Choices by their names, and mappings with their keys in order.

    PostgreSQL keeps the keys of JSON in an order of its own.
    """
    if isinstance(value, Choices):
        return str(value.label)
    if isinstance(value, Mapping):
        return {key: _value(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value


def _joined(said: Mapping[str, Any], indent: str) -> str:
    return "".join(f"{line}\n" for line in mapping_lines(said, indent))


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    # A cell is in quotes only if it holds a character of the line's end: both count.
    csv.writer(line, lineterminator="\r\n").writerow(map(guarded, cells))
    return line.getvalue().removesuffix("\r\n") + "\n"
