"""Permissions in CSV: as spreadsheets save them, and with what one would run."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.accessfile import csv_reader
from robots.accessfile.cells import FORMULA, guarded, unguarded
from robots.accessfile.documents import (
    AccessFile,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
)
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.roles import Role

HEADER = "repository,grantee,role,until\n"
END = datetime(2030, 6, 30, tzinfo=UTC)


def read(text: str, encoding: str = "utf-8") -> AccessFile:
    return read_access_file("acme.csv", text.encode(encoding))


def grants(
    file: AccessFile, namespace: str, repository: str
) -> dict[str, GrantDocument]:
    repositories = file.namespaces[namespace].repositories or {}
    return dict(repositories[repository].permissions or {})


def test_it_says_permissions_and_claims_nothing_else() -> None:
    rows = (
        "acme/web,acme+ci,write,\n"
        "acme/web,team:builders,read,2030-06-30T02:00:00+02:00\n"
        "acme/base/images,bob,none,\n"
        "other/web,bob,admin,\n"
    )
    file = read(HEADER + rows)
    assert dict(file.namespaces) == {
        "acme": NamespaceDocument(
            partial=True,
            repositories={
                "web": RepositoryDocument(
                    permissions={
                        "acme+ci": GrantDocument(Role.WRITE),
                        "team:builders": GrantDocument(Role.READ, END),
                    }
                ),
                "base/images": RepositoryDocument(
                    permissions={"bob": GrantDocument(None)}
                ),
            },
        ),
        "other": NamespaceDocument(
            partial=True,
            repositories={
                "web": RepositoryDocument(
                    permissions={"bob": GrantDocument(Role.ADMIN)}
                )
            },
        ),
    }
    assert grants(file, "acme", "web")["team:builders"].line == 3


@pytest.mark.parametrize(
    "text",
    [
        "repository;grantee;role;until\nacme/web;bob;read;\n",
        "repository,grantee,role,until\r\nacme/web,bob,read,\r\n",
        '"repository","grantee","role","until"\n"acme/web","bob","read",""\n',
        "repository,grantee,role,until\n\nacme/web,bob,read,\n,,,\n",
        "repository,grantee,role,until\nacme/web,bob,read,",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_it_is_read_as_spreadsheets_save_it(text: str, encoding: str) -> None:
    found = grants(read(text, encoding), "acme", "web")
    assert found == {"bob": GrantDocument(Role.READ)}


def test_a_header_alone_says_nothing() -> None:
    assert dict(read(HEADER).namespaces) == {}


def test_the_line_is_that_of_the_file_below_rows_of_two_lines() -> None:
    with pytest.raises(FileInvalid) as caught:
        read(HEADER + '\nacme/web,"bo\nb",read,\nacme/web,bob,own,\n')
    first, second = caught.value.message.split("\n")
    assert first.startswith("acme.csv:3: grantee: 'bo\\nb' cannot be a person")
    assert second.startswith("acme.csv:5: role: one of none, read, write, admin")


@pytest.mark.parametrize("name", ["+x", "@x", "-x", "'x", "''x", "'"])
def test_a_guarded_name_is_read_without_its_guard(name: str) -> None:
    grantee = guarded(name)
    assert grantee.startswith("'")
    if name == "+x":  # No user name: this is how robots are written.
        with pytest.raises(FileInvalid, match="cannot be a robot"):
            read(f"{HEADER}acme/web,{grantee},read,\n")
        return
    assert name in grants(read(f"{HEADER}acme/web,{grantee},read,\n"), "acme", "web")


@given(st.text() | st.sampled_from(FORMULA) | st.text("'=+-@\t\rx", max_size=4))
def test_no_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    assert not guarded(cell).startswith(FORMULA)
    assert unguarded(guarded(cell)) == cell


def test_rows_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAX_ROWS", 3)
    with pytest.raises(FileInvalid, match=r"^acme\.csv:4: more than 3 rows"):
        read(HEADER + "acme/a1,bob,read,\nacme/a2,bob,read,\nacme/a3,bob,read,\n")
