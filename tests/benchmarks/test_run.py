"""The smallest run there is: the shape of what it finds, never how fast it was."""

import os

import pytest

from benchmarks import machine, run
from benchmarks.options import Options
from benchmarks.parts.loads import HEADER
from benchmarks.report import Report, Table, Target, markdown
from tests.e2e.programs import require

WHERE = os.environ.get("DATABASE_URL", "")
ENGINE = "postgresql" if WHERE.startswith("postgres") else "sqlite"
SMALLEST = Options(
    parts=("signing", "cases"),
    engines=(ENGINE,),
    connections=(8,),
    seconds=1,
    rounds=1,
    robots=1_000,
    permissions=10_000,
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Report:
    require("wrk")
    return run.everything(SMALLEST, tmp_path_factory.mktemp("run"), WHERE or None)


def test_every_case_is_measured_and_answered_as_it_should_be(found: Report) -> None:
    signing, cases = found.tables
    assert [row[0] for row in signing.rows] == ["key alone", "registryauth.signing"]
    rows = [dict(zip(HEADER, row, strict=True)) for row in cases.rows]
    keys = [row["case"].split()[0] for row in rows]
    assert keys == ["empty", "bare", *"abcdefgh", "h0"]
    for row in rows:
        assert "WRONG" not in row["remarks"], row
        assert row["connections"] == "8"
        assert float(row["CPU us"]) > 0


def test_queries_are_counted(found: Report) -> None:
    rows = [dict(zip(HEADER, row, strict=True)) for row in found.tables[1].rows]
    queries = {row["case"].split()[0]: int(row["queries"]) for row in rows}
    assert queries["empty"] == 0
    # Who it is and what it may do at once, whatever the number of scopes.
    assert queries["a"] == queries["b"] == queries["f"] == 1


def test_each_target_that_two_cases_make_is_told(found: Report) -> None:
    assert [(target.target, target.where) for target in found.targets] == [
        (least, ENGINE)
        for least in (
            ">= 0.62" if ENGINE == "sqlite" else ">= 0.46",
            *(">= 0.95", ">= 0.7", ">= 0.95", ">= 1", ">= 0.25", "<= 3"),
        )
    ]


def test_the_document_has_every_table() -> None:
    table = Table("Cases", ("case", "a | b"), [("a", "1")], "A note.")
    missed = Target.at_least("rate", "sqlite", 0.62, 0.5)
    met = Target.below("start", "sqlite", 2, 1.5, " s")
    on = machine.table(None, [machine.wrk()])
    assert {"Python", "SQLite", "wrk", "Django"} <= {row[0] for row in on.rows}
    text = markdown(Report([missed, met], [table]), on, "python -m benchmarks")
    assert "| rate | sqlite | >= 0.62 | 0.500 | NO |" in text
    assert "| start | sqlite | <= 2 s | 1.50 s | yes |" in text
    assert "## Cases\n\nA note.\n\n| case | a \\| b |\n| --- | --- |\n| a | 1 |" in text
