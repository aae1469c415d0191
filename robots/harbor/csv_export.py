"""Harbor's robots as one table in CSV: a row for each thing that each robot may do.

`docs/importing-from-harbor.md` has the query that writes it.
"""

import csv
from collections.abc import Iterable, Iterator

from robots.accessfile.errors import FileInvalid
from robots.harbor.records import HarborRobot
from robots.harbor.rows import Row, access_of, robot_of

OF_ROBOT = (
    "id",
    "name",
    "project_id",
    "project",
    "description",
    "expiresat",
    "disabled",
    "salt",
    "secret",
)
OF_ACCESS = ("scope", "resource", "action", "effect")
COLUMNS = OF_ROBOT + OF_ACCESS


def read_csv(source: str, lines: Iterable[str]) -> list[HarborRobot]:
    """The robots of a table with exactly these columns. Raises FileInvalid."""
    grouped: dict[str, list[Row]] = {}
    for row in _rows(source, lines):
        same = grouped.setdefault(row.text("id"), [])
        if same and _about_robot(same[0]) != _about_robot(row):
            raise row.refused("the same robot is otherwise in a row before")
        same.append(row)
    return [_robot(rows) for rows in grouped.values()]


def _robot(rows: list[Row]) -> HarborRobot:
    row = rows[0]
    name = row.text("project")
    projects = {row.number("project_id"): name} if name else {}
    accesses = [access_of(one, projects) for one in rows if _tells_access(one)]
    return robot_of(row, projects, accesses)


def _tells_access(row: Row) -> bool:
    """A robot that may do nothing has one row, with nothing in these columns."""
    return any(row.text(column) for column in OF_ACCESS)


def _about_robot(row: Row) -> list[str]:
    return [row.text(column) for column in OF_ROBOT]


def _rows(source: str, lines: Iterable[str]) -> Iterator[Row]:
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        if sorted(header) != sorted(COLUMNS):
            raise FileInvalid(source, 1, f"the columns must be {', '.join(COLUMNS)}")
        for values in reader:
            if len(values) != len(header):
                problem = "as many fields as columns are needed"
                raise FileInvalid(source, reader.line_num, problem)
            yield Row(source, reader.line_num, dict(zip(header, values, strict=True)))
    except csv.Error:
        # Not chained or repeated: a row holds what nobody is to read.
        raise FileInvalid(source, reader.line_num, "this is no CSV") from None
