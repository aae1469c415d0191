"""Harbor's tables as `pg_dump` writes them: COPY blocks in its text format.

PostgreSQL's documentation of COPY, "Text Format". Everything else in a dump is skipped.
"""

import re
from collections.abc import Iterable, Iterator

from robots.accessfile.errors import FileInvalid
from robots.harbor.records import HarborRobot
from robots.harbor.rows import Row, Tables, robots_of

MAX_LINE = 1024 * 1024
"""Characters of one row."""

_COPY = re.compile(r'COPY (?:"?\w+"?\.)?"?(\w+)"? \(([^()]*)\) FROM stdin;')
_END = "\\."
_NULL = "\\N"
_TABLES = frozenset(Tables.__dataclass_fields__)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read_dump(source: str, lines: Iterable[str]) -> list[HarborRobot]:
    """The robots of a dump with the four tables, or more. Raises FileInvalid."""
    tables, seen = Tables(), set()
    numbered = enumerate(lines, 1)
    for _, line in numbered:
        found = _COPY.fullmatch(line.rstrip("\r\n"))
        if found is None or found[1] not in _TABLES:
            continue
        name = found[1]
        if name in seen:
            raise FileInvalid(source, 0, f"the table {name} is there twice")
        seen.add(name)
        columns = [column.strip().strip('"') for column in found[2].split(",")]
        getattr(tables, name).extend(_rows(source, numbered, columns))
    for name in sorted(_TABLES - seen):
        raise FileInvalid(
            source,
            0,
            f"there is no COPY of the table {name}: dump robot, project,"
            " role_permission and permission_policy, without --inserts",
        )
    return list(robots_of(tables))


def _rows(
    source: str, numbered: Iterator[tuple[int, str]], columns: list[str]
) -> Iterator[Row]:
    """The rows of one block, up to the line that ends it."""
    number = 0
    for number, line in numbered:
        text = line.rstrip("\r\n")
        if text == _END:
            return
        if len(text) > MAX_LINE:
            raise FileInvalid(source, number, f"more than {MAX_LINE} characters")
        values = [_value(field) for field in text.split("\t")]
        if len(values) != len(columns):
            raise FileInvalid(source, number, "as many fields as columns are needed")
        yield Row(source, number, dict(zip(columns, values, strict=True)))
    raise FileInvalid(source, number, "the file ends within a table")


def _value(field: str) -> str | None:
    if field == _NULL:
        return None
    return _ESCAPED.sub(lambda found: _CONTROLS.get(found[1], found[1]), field)
