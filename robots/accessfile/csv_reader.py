"""The permissions of an access file in CSV: one line each, as spreadsheets save them.

Pure. It claims nothing else: each namespace that it names is a partial document.
"""

import csv
import re
from collections.abc import Iterator, Mapping

from robots.accessfile.cells import COLUMNS, unguarded
from robots.accessfile.documents import (
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
)
from robots.accessfile.grantees import Grantees
from robots.accessfile.problems import Problem, Problems, shown
from robots.accessfile.tree import Scalar
from robots.accessfile.values import moment_in, role_or_none
from robots.names import RepositoryName, parse_repository_name

MAX_ROWS = 1_500_000
"""Rows of one file."""

_SEPARATORS = (",", ";")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = ",".join(COLUMNS)

Row = tuple[int, list[str]]
"""The line where it begins, and its cells."""

Grants = dict[str, dict[str, dict[str, GrantDocument]]]
"""By namespace, repository and grantee."""


def csv_namespaces(text: str, problems: Problems) -> Mapping[str, NamespaceDocument]:
    """What the rows say, by namespace; what is wrong with them is noted."""
    grants: Grants = {}
    grantees: dict[str, Grantees] = {}
    try:
        for line, cells in _rows(text):
            try:
                _take(line, cells, grants, grantees)
            except Problem as problem:
                problems.note("", problem)
    except Problem as problem:
        problems.note("", problem)
    return {name: _namespace(found) for name, found in grants.items()}


def _take(
    line: int, cells: list[str], grants: Grants, grantees: dict[str, Grantees]
) -> None:
    if len(cells) != len(COLUMNS):
        wanted = f"{len(COLUMNS)} cells are wanted ({_HEADER})"
        raise Problem(line, f"{wanted}, not {len(cells)}")
    repository, grantee, role, until = map(unguarded, cells)
    name = _repository(repository, line)
    known = grantees.setdefault(name.namespace, Grantees(name.namespace, False))
    _check_grantee(grantee, line, known)
    grant = _grant(role, until, line)
    there = grants.setdefault(name.namespace, {}).setdefault(name.name, {})
    if grantee in there:
        first = there[grantee].line
        problem = f"{shown(grantee)} on {name} is said twice; first on line {first}"
        raise Problem(line, problem)
    there[grantee] = grant


def _repository(path: str, line: int) -> RepositoryName:
    name = parse_repository_name(path, library="")
    if name is None:
        problem = f"repository: namespace/name is wanted, not {shown(path)}"
        raise Problem(line, problem)
    return name


def _check_grantee(name: str, line: int, known: Grantees) -> None:
    if name.startswith("="):
        raise Problem(line, f"grantee: {shown(name)} is a formula")
    try:
        known.check(name, line)
    except Problem as problem:
        raise Problem(line, f"grantee: {problem.text}") from None


def _grant(role: str, until: str, line: int) -> GrantDocument:
    try:
        wanted = role_or_none(Scalar(role, line, plain=False))
    except Problem as problem:
        raise Problem(line, f"role: {problem.text}") from None
    if not until:
        return GrantDocument(wanted, None, line)
    if wanted is None:
        raise Problem(line, "until: there is nothing to end where the role is none")
    try:
        return GrantDocument(wanted, moment_in(until, line), line)
    except Problem as problem:
        raise Problem(line, f"until: {problem.text}") from None


def _rows(text: str) -> Iterator[Row]:
    """Rows below the header, without empty ones. Raises Problem for no CSV."""
    separator = _separator(text)
    # One line at a time: a copy of the text would take four times its space.
    lines = (found.group() for found in _LINE.finditer(text))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        # A quote in the header may reach over lines that nobody would miss.
        if tuple(next(reader)) != COLUMNS:
            raise _no_header(text)
        line = reader.line_num + 1
        for cells in reader:
            if line > MAX_ROWS:
                raise Problem(line, f"more than {MAX_ROWS} rows")
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Problem(line, f"this is no CSV: {error}") from None


def _separator(text: str) -> str:
    """What stands between cells. Raises Problem for another header."""
    header = _first_line(text)
    for separator in _SEPARATORS:
        cells = [cell.strip('"') for cell in header.split(separator)]
        if tuple(cells) == COLUMNS:
            return separator
    raise _no_header(text)


def _no_header(text: str) -> Problem:
    header = shown(_first_line(text))
    return Problem(1, f"the first line must be {_HEADER}, not {header}")


def _first_line(text: str) -> str:
    first = _LINE.match(text)
    return first.group().rstrip("\r\n") if first else ""


def _namespace(found: Mapping[str, Mapping[str, GrantDocument]]) -> NamespaceDocument:
    return NamespaceDocument(
        partial=True,
        repositories={
            name: RepositoryDocument(permissions=grants, line=_first(grants))
            for name, grants in found.items()
        },
        line=min(map(_first, found.values())),
    )


def _first(grants: Mapping[str, GrantDocument]) -> int:
    return min(grant.line for grant in grants.values())
