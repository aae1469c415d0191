"""Files of Harbor's database: what psql and pg_dump wrote, and what is no such file."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.accessfile.errors import FileInvalid
from robots.errors import DomainError
from robots.harbor.csv_export import COLUMNS, read_csv
from robots.harbor.dumps import read_dump
from robots.harbor.records import Access, HarborRobot
from robots.harbor.sources import read_export
from tests.robots.harbor.exports import CSV, DUMP, FOLDER

DUMPED = DUMP.read_text()
ROW = (
    "1,acme+ci,2,acme,,-1,f,salt,83d3d6f3e7cacb040423adf7ced63d21,/project/2,"
    "repository,pull,allow"
)
TABLE = f"{','.join(COLUMNS)}\n{ROW}\n"


def of_csv(text: str) -> list[HarborRobot]:
    return read_csv("harbor.csv", text.splitlines(keepends=True))


def of_dump(text: str) -> list[HarborRobot]:
    return read_dump("registry.sql", text.splitlines(keepends=True))


def test_both_files_say_the_same() -> None:
    dumped, table = read_export(str(DUMP)), read_export(str(CSV))
    assert len(dumped) == 10
    for one, other in zip(dumped, table, strict=True):
        if one.project.isalpha():
            assert set(one.accesses) == set(other.accesses)
        same = ("name", "description", "expires_at", "disabled", "kept", "problem")
        assert [getattr(one, name) for name in same] == [
            getattr(other, name) for name in same
        ]


def test_what_a_row_says() -> None:
    ci, reader, cleaner, *_ = read_export(str(DUMP))
    assert ci.name == "acme+ci"
    assert ci.project == "acme"
    assert ci.description == 'Builds\tand\n"pushes", C:\\images'
    assert ci.expires_at is None
    assert ci.kept is not None
    assert bytes.fromhex(ci.kept.salt) == b"salt01Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9a"
    assert set(ci.accesses) == {
        Access("acme", "repository", "pull", "allow"),
        Access("acme", "repository", "push", "allow"),
        Access("acme", "artifact", "delete", "allow"),
    }
    assert reader.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert cleaner.disabled
    assert not reader.disabled


def test_robots_of_the_system_and_of_projects_that_are_gone() -> None:
    robots = {robot.name: robot for robot in read_export(str(DUMP))}
    everywhere = robots["everywhere"]
    assert everywhere.project == ""
    assert {access.project for access in everywhere.accesses} == {"*", "/"}
    gone = robots["old+ci"]
    assert gone.project == "(4)"
    assert {access.project for access in gone.accesses} == {"/project/4"}
    legacy = robots["robot$legacy"]
    assert (legacy.kept, legacy.accesses) == (None, ())


def test_permissions_of_what_is_no_robot_are_nobodys() -> None:
    text = DUMPED.replace("robotaccount\t1\t", "project-role\t1\t")
    assert of_dump(text)[0].accesses == ()


def test_a_secret_that_is_no_such_hash_is_told_with_its_robot_only() -> None:
    text = TABLE.replace("83d3d6f3", "ZZZZZZZZ")
    (robot,) = of_csv(text)
    assert robot.kept is None
    assert robot.problem.startswith("its secret is kept in no way")
    assert "ZZZZ" not in robot.problem


def test_columns_may_stand_in_any_order() -> None:
    names = ",".join(reversed(COLUMNS))
    row = ",".join(reversed(ROW.split(",")))
    assert of_csv(f"{names}\n{row}\n") == of_csv(TABLE)


BAD_TABLES: dict[str, tuple[str, int]] = {
    "empty": ("", 1),
    "no header": (f"{ROW}\n", 1),
    "a column too few": (TABLE.replace("salt,secret", "secret", 1), 1),
    "a column too many": (TABLE.replace("id,name", "id,name,extra", 1), 1),
    "a column twice": (TABLE.replace("effect\n", "scope\n", 1), 1),
    "a field too few": (TABLE.replace(",allow", ""), 2),
    "a field too many": (TABLE.replace(",allow", ",allow,x"), 2),
    "an open quote": (TABLE.replace(",acme,", ',"acme,'), 2),
    "no number": (TABLE.replace(",-1,", ",never,"), 2),
    "a number too long": (TABLE.replace(",-1,", f",{'9' * 20},"), 2),
    "a moment too far": (TABLE.replace(",-1,", f",{'9' * 19},"), 2),
    "other digits": (TABLE.replace(",-1,", ",\u0663,"), 2),
    "no boolean": (TABLE.replace(",f,", ",no,"), 2),
    "two robots with one id": (f"{TABLE}{ROW.replace('acme+ci', 'acme+cd')}\n", 3),
    "binary": ("\x00\x01\n", 1),
}


@pytest.mark.parametrize(("text", "line"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_what_is_no_such_table_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(FileInvalid) as caught:
        of_csv(text)
    assert caught.value.message.startswith(f"harbor.csv:{line}: ")
    assert "83d3d6f3" not in caught.value.message


BAD_DUMPS: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "no COPY": lambda text: text.replace("COPY public.robot ", "INSERT "),
    "a table missing": lambda text: text.replace("public.project ", "public.other "),
    "a table twice": lambda text: text + text,
    "cut within a row": lambda text: text[: text.index("acme+reader")],
    "cut within a table": lambda text: text[: text.index("2\tacme+reader")],
    "a field too few": lambda text: text.replace("\tacme+reader\t", "\t"),
    "no number": lambda text: text.replace("1893456000", "soon"),
    "no boolean": lambda text: text.replace("\t-1\tt\t", "\t-1\tmaybe\t"),
    "a line too long": lambda text: text.replace("From before", "x" * 2**20),
    "a column missing": lambda text: text.replace("expiresat", "expires"),
}


@pytest.mark.parametrize("spoil", BAD_DUMPS.values(), ids=BAD_DUMPS)
def test_what_is_no_such_dump_is_refused(spoil: Callable[[str], str]) -> None:
    text = spoil(DUMPED)
    assert text != DUMPED
    with pytest.raises(FileInvalid) as caught:
        of_dump(text)
    assert caught.value.message.startswith("registry.sql")
    assert "3995ad0e" not in caught.value.message


def test_what_else_is_in_a_dump_is_skipped() -> None:
    others = "COPY public.artifact (id, tag) FROM stdin;\n1\tx\n\\.\n"
    assert of_dump(others + DUMPED) == of_dump(DUMPED)


@pytest.mark.parametrize("scope", ["/project/x", "project/2", "", "/project/\u0662"])
def test_a_scope_that_is_no_project_is_of_none(scope: str) -> None:
    text = DUMPED.replace("1\t/project/2\t", f"1\t{scope}\t")
    assert Access(scope, "repository", "pull", "allow") in of_dump(text)[0].accesses


@given(st.text(max_size=300))
def test_any_text_is_robots_or_refused(text: str) -> None:
    for read in (of_csv, of_dump):
        for said in (text, TABLE + text, DUMPED.replace("acme+reader", text)):
            with suppress(FileInvalid):
                read(said)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("none.csv", None, "No such file or directory"),
        ("utf16.csv", TABLE.encode("utf-16"), "is not UTF-8"),
        ("latin.sql", b"caf\xe9", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read(
    name: str, content: bytes | None, error: str, tmp_path: pytest.TempPathFactory
) -> None:
    path = f"{tmp_path}/{name}"
    if content is not None:
        with open(path, "wb") as file:
            file.write(content)
    with pytest.raises(DomainError) as caught:
        read_export(path)
    assert error in caught.value.message


def test_a_folder_is_no_file() -> None:
    with pytest.raises(DomainError) as caught:
        read_export(str(FOLDER))
    assert "Is a directory" in caught.value.message
