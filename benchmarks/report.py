"""What a run found: tables, and what was aimed at beside what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """One line of the issue's acceptance; `where` says on what it was measured."""

    name: str
    where: str
    target: str
    measured: str
    is_met: bool

    @classmethod
    def at_least(cls, name: str, where: str, wanted: float, found: float) -> "Target":
        return cls(name, where, f">= {wanted:g}", f"{found:.3f}", found >= wanted)

    @classmethod
    def below(
        cls, name: str, where: str, most: float, found: float, unit: str = ""
    ) -> "Target":
        """Met if `found` is `most` or less."""
        return cls(
            name, where, f"<= {most:g}{unit}", f"{found:.2f}{unit}", found <= most
        )


@dataclass(frozen=True)
class Table:
    """Rows of text; `note` says how they came about."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass
class Report:
    """Everything, in the order in which it was measured."""

    targets: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def __iadd__(self, other: "Report") -> "Report":
        self.targets += other.targets
        self.tables += other.tables
        return self


def markdown(report: Report, machine: Table, command: str) -> str:
    """The report as a document. What is missing of the targets was not measured."""
    targets = Table(
        "Targets",
        ("what", "where", "target", "measured", "met"),
        [
            (it.name, it.where, it.target, it.measured, "yes" if it.is_met else "NO")
            for it in report.targets
        ],
    )
    parts = [
        "# What was measured",
        f"Written by `{command}`; [README.md](README.md) says how to read it.",
        *(section(table) for table in (machine, targets, *report.tables)),
    ]
    return "\n\n".join(parts) + "\n"


def section(table: Table) -> str:
    """A table below its title and note."""
    lines = [f"## {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [_row(table.header), _row(["---"] * len(table.header))]
    return "\n".join([*lines, *(_row(row) for row in table.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
