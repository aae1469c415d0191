"""Rows of Harbor's tables, whatever file they come from, as robots.

The tables are those of Harbor 2.2 and later (make/migrations/postgresql in its source).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from robots.accessfile.errors import FileInvalid
from robots.errors import DomainError
from robots.harbor.records import Access, HarborRobot, moment
from robots.imported_secrets import SlowHash, is_hash_of, slow_hash

SYSTEM = "/"
EVERYWHERE = "*"

_ROBOTS = "robotaccount"
"""`role_type` of what belongs to robots."""


class Row:
    """One row: texts by column, None for NULL. Nothing it raises repeats a value."""

    def __init__(
        self, source: str, line: int, values: Mapping[str, str | None]
    ) -> None:
        self.source = source
        self.line = line
        self._values = values

    def text(self, column: str) -> str:
        """The text there, empty for NULL. Raises FileInvalid without that column."""
        if column not in self._values:
            raise self.refused(f"there is no column {column}")
        return self._values[column] or ""

    def has(self, column: str) -> bool:
        return column in self._values

    def number(self, column: str) -> int:
        """The integer there, 0 for NULL. Raises FileInvalid."""
        said = self.text(column) or "0"
        digits = said.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
            raise self.refused(f"{column} must be a number")
        return int(said)

    def flag(self, column: str) -> bool:
        """The boolean there, as PostgreSQL writes one. Raises FileInvalid."""
        said = self.text(column)
        if said not in ("t", "f", "true", "false", ""):
            raise self.refused(f"{column} must be t or f")
        return said.startswith("t")

    def refused(self, problem: str) -> FileInvalid:
        return FileInvalid(self.source, self.line, problem)


@dataclass
class Tables:
    """What a dump has of the four tables that tell of robots."""

    robot: list[Row] = field(default_factory=list)
    project: list[Row] = field(default_factory=list)
    role_permission: list[Row] = field(default_factory=list)
    permission_policy: list[Row] = field(default_factory=list)


def robots_of(tables: Tables) -> Iterator[HarborRobot]:
    """The robots in the order of their rows. Raises FileInvalid."""
    projects = {
        row.number("project_id"): row.text("name")
        for row in tables.project
        if not row.flag("deleted")
    }
    policies = {row.number("id"): row for row in tables.permission_policy}
    held: dict[int, list[Row]] = {}
    for row in tables.role_permission:
        policy = policies.get(row.number("permission_policy_id"))
        if row.text("role_type") == _ROBOTS and policy is not None:
            held.setdefault(row.number("role_id"), []).append(policy)
    for row in tables.robot:
        accesses = held.get(row.number("id"), ())
        yield robot_of(row, projects, [access_of(one, projects) for one in accesses])


def robot_of(
    row: Row, projects: Mapping[int, str], accesses: Sequence[Access]
) -> HarborRobot:
    """One row of the table `robot`. Raises FileInvalid."""
    project_id = row.number("project_id")
    try:
        ends = moment(row.number("expiresat"))
    except ValueError:
        raise row.refused("expiresat is no moment in time") from None
    project = projects.get(project_id, f"({project_id})") if project_id else ""
    kept, problem = _kept(row)
    # A table of COPY has this column; in the table of the docs all are visible.
    if row.has("visible") and not row.flag("visible"):
        problem = "Harbor made it for itself and hides it"
    return HarborRobot(
        row.text("name"),
        project,
        row.text("description"),
        ends,
        row.flag("disabled"),
        tuple(accesses),
        kept,
        problem,
    )


def access_of(row: Row, projects: Mapping[int, str]) -> Access:
    """One row of the table `permission_policy`. Raises FileInvalid."""
    return Access(
        _project(row.text("scope"), projects),
        row.text("resource"),
        row.text("action"),
        row.text("effect"),
    )


def _kept(row: Row) -> tuple[SlowHash | None, str]:
    """The hash of the secret, or why it is none; before Harbor 2.2 there is none."""
    salt, digest = row.text("salt"), row.text("secret")
    if not salt or not digest:
        return None, ""
    try:
        kept = slow_hash(salt, digest)
    except DomainError as error:
        return None, f"its secret is kept in no way that is known here: {error.message}"
    if is_hash_of(kept, ""):
        return None, "its secret is empty"
    return kept, ""


def _project(scope: str, projects: Mapping[int, str]) -> str:
    """`/project/3` by its name, `/project/*` and `/system` as Harbor's API has them."""
    if scope == "/system":
        return SYSTEM
    if scope == "/project/*":
        return EVERYWHERE
    number = scope.removeprefix("/project/")
    if number.isascii() and number.isdecimal() and len(number) < 20:
        return projects.get(int(number), scope)
    return scope
