"""Changes of many permissions, as commands tell them."""

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from robots.lifecycle.permission_counts import ChangedPermission, Counts, sum_of
from robots.lifecycle.wanted import NO_ROLE, Wanted
from robots.models.permission_changes import Change

SIGNS = {Change.ADDED: "+", Change.CHANGED: "~", Change.REMOVED: "-"}

_WIDE = 1_000
"""Columns: a terminal may break long lines, a file keeps them."""


def table_of(counts: Mapping[str, Counts]) -> str:
    """One line for each identity, and one for all if there are several.

    Without lines of a box, which not every terminal's encoding has.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column("identity", no_wrap=True)
    for field in Counts._fields:
        table.add_column(field, justify="right", no_wrap=True)
    for name, numbers in counts.items():
        # As Text, since brackets in a plain name would be markup.
        table.add_row(Text(name), *map(str, numbers))
    if len(counts) > 1:
        table.add_row("all", *map(str, sum_of(counts.values())))
    return _plain(table)


def line_of_change(namespace: str, made: ChangedPermission) -> str:
    """Such as `~ acme/web  acme+ci: read -> write until 2030-06-30T00:00:00+00:00`."""
    before = words_of(made.before) if made.before else NO_ROLE
    return (
        f"{SIGNS[made.change]} {namespace}/{made.repository}  {made.grantee}:"
        f" {before} -> {words_of(made.after)}"
    )


def facts_of_change(namespace: str, made: ChangedPermission) -> dict[str, Any]:
    """The same for --json."""
    return {
        "repository": f"{namespace}/{made.repository}",
        "identity": made.grantee,
        "change": made.change.label,
        "before": facts_of(made.before or Wanted(None)),
        "after": facts_of(made.after),
    }


def facts_of(wanted: Wanted) -> dict[str, str | None]:
    until = wanted.until
    return {"role": wanted.role_name, "until": until.isoformat() if until else None}


def words_of(wanted: Wanted) -> str:
    until = wanted.until
    return (
        f"{wanted.role_name} until {until.isoformat()}" if until else wanted.role_name
    )


def _plain(table: Table) -> str:
    """Without colours, and without the spaces that fill up lines."""
    text = io.StringIO()
    Console(file=text, width=_WIDE, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
