"""Access files as text: what is written reads back the same, whoever reads it."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from robots.accessfile.blocks import mapping_lines
from robots.accessfile.documents import (
    AccessFile,
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.reading import read_access_file
from robots.accessfile.scalars import literal_lines, scalar, text
from robots.accessfile.writing import HEADER, csv_of, yaml_of
from robots.roles import Role, State, TeamRole, Visibility
from robots.text import is_storable

UNTIL = datetime(2030, 6, 30, 2, tzinfo=timezone(timedelta(hours=2)))

ACME = NamespaceDocument(
    fields={"email": "ops@example.com", "enabled": True},
    teams={
        "builders": TeamDocument({"role": TeamRole.MEMBER}, {"bob": 0, "acme+ci": 0}),
        "empty": TeamDocument({"role": TeamRole.ADMIN, "description": "a: b"}, {}),
    },
    robots={
        "ci": RobotDocument(
            {
                "expires_at": UNTIL,
                "description": "Builds, then tests",
                "enabled": False,
                "metadata": {"owner": "no", "bills": [{"to": "7"}, [], 1.5]},
            },
            ({"issuer": "https://issuer.example.com", "subject": "build-7"},),
        ),
        "silent": RobotDocument(),
    },
    repositories={
        "web": RepositoryDocument(
            {
                "state": State.NORMAL,
                "visibility": Visibility.PRIVATE,
                "mirror_robot": "ci",
                "description": "The shop\n\n  of everything\n",
            },
            {
                "team:builders": GrantDocument(Role.READ, UNTIL),
                "alice": GrantDocument(None),
                "acme+ci": GrantDocument(Role.WRITE),
            },
        ),
    },
    default_permissions=(
        DefaultPermissionDocument("team:builders", Role.READ, "alice"),
        DefaultPermissionDocument("bob", Role.ADMIN),
    ),
)

WRITTEN = f"""\
{HEADER}version: 1
namespaces:
  acme:
    enabled: true
    email: ops@example.com
    teams:
      builders:
        role: member
        members:
          - acme+ci
          - bob
      empty:
        role: admin
        description: "a: b"
        members: []
    robots:
      ci:
        description: Builds, then tests
        enabled: false
        expires_at: 2030-06-30T00:00:00+00:00
        metadata:
          bills:
            - to: "7"
            - []
            - 1.5
          owner: "no"
        trusts:
          - issuer: https://issuer.example.com
            subject: build-7
      silent: {{}}
    repositories:
      web:
        visibility: private
        state: NORMAL
        mirror_robot: ci
        description: |
          The shop

            of everything
        permissions:
          acme+ci: write
          alice: none
          team:builders: {{role: read, until: 2030-06-30T00:00:00+00:00}}
    default_permissions:
      - to: team:builders
        role: read
        creator: alice
      - to: bob
        role: admin
  bob:
    personal: true
    enabled: true
    robots: {{}}
  nothing: {{}}
  trimmed:
    partial: true
    repositories:
      web:
        permissions: {{}}
"""

FILE = AccessFile(
    {
        "trimmed": NamespaceDocument(
            partial=True, repositories={"web": RepositoryDocument(permissions={})}
        ),
        "acme": ACME,
        "bob": NamespaceDocument(personal=True, fields={"enabled": True}, robots={}),
        "nothing": NamespaceDocument(),
    }
)

TEXTS = [
    "no", "On", "TRUE", "null", "~", "y", "1", "0x1f", "1e5", "1_000", "12:30:45",
    "2030-01-01", ".inf", ".nan", "<<", "=", "-", "- a", "?", "? a", ": a", "a:",
    "a: b", "a #b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "'a'", '"a"', "{a}",
    "[a]", "a, b", " a", "a ", "", "a\tb", "a\\b", "a\nb", "a\n", "\na", "a\n\n",
    " a\nb", "a\n b", "a \nb", "a\rb", "a\x85b", "a\u2028b\nc", "\ufeffa", "é\nü",
    "a\r", "a\u200eb", "a\xadb\nc", "\u200b",
    "\u202eevil\nb", "\U0001f600", "\x7f", "\x00", "\ufffe", "\uffff", "---\na",
    "...\na", "a\n---\nb", "|", "> a", "x" * 2000, "it's (a) test, yes",
]  # fmt: skip
"""What some reader of YAML takes for something else, or cannot see."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    # Of larger ones PostgreSQL makes integers, and so does the file.
    st.floats(-1e15, 1e15),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.text("ab \n:#-'\"", max_size=12),
    st.sampled_from(TEXTS).filter(is_storable),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("ab:#\n'7", max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def loaded(said: dict[str, Any], loader: Any) -> Any:
    lines = [f"{line}\n" for line in mapping_lines(said)]
    return yaml.load("".join(lines), Loader=loader)  # noqa: S506 - only safe ones


def without_lines_of_members(file: AccessFile) -> AccessFile:
    """Members are a mapping to their lines, which count where files are compared."""
    namespaces = {}
    for name, said in file.namespaces.items():
        teams = said.teams and {
            team: replace(found, members=dict.fromkeys(found.members or {}, 0))
            for team, found in said.teams.items()
        }
        namespaces[name] = replace(said, teams=teams)
    return AccessFile(namespaces)


def test_a_file_is_written_line_by_line() -> None:
    assert "".join(yaml_of(FILE)) == WRITTEN


def test_what_is_written_reads_back_equal() -> None:
    read = read_access_file("acme.yaml", WRITTEN.encode())
    assert without_lines_of_members(read) == FILE
    # Equal mappings may differ in their order.
    assert "".join(yaml_of(read)) == WRITTEN


def test_a_file_without_namespaces() -> None:
    written = "".join(yaml_of(AccessFile({})))
    assert yaml.safe_load(written) == {"version": 1, "namespaces": {}}
    assert read_access_file("a.yaml", written.encode()) == AccessFile({})


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
@pytest.mark.parametrize("value", TEXTS)
def test_no_text_is_taken_for_something_else(value: str, loader: Any) -> None:
    said = {"value": value, "list": [value, [value]], value: {value: value}}
    assert loaded(said, loader) == said
    assert yaml.load(text(value), Loader=loader) == value  # noqa: S506 - safe ones
    assert "\n" not in text(value)


@given(st.dictionaries(st.text("ab:#\n'7"), values, min_size=1, max_size=4))
def test_any_json_reads_back_the_same(said: dict[str, Any]) -> None:
    assert loaded(said, yaml.CSafeLoader) == said
    assert loaded(said, yaml.SafeLoader) == said


@given(st.dictionaries(st.text("abno:#\n'7"), values, max_size=4))
def test_metadata_reads_back_the_same(metadata: dict[str, Any]) -> None:
    robot = RobotDocument(fields={"metadata": metadata, "description": "d"})
    file = AccessFile({"acme": NamespaceDocument(robots={"ci": robot})})
    written = "".join(yaml_of(file))
    read = read_access_file("acme.yaml", written.encode())
    assert read == file
    assert "".join(yaml_of(read)) == written


def test_what_a_reviewer_would_not_see_is_escaped() -> None:
    assert text("a\u202eb") == '"a\\u202Eb"'
    assert text("a\u00a0b") == '"a\\xA0b"'
    assert text("\U000e0041") == '"\\U000E0041"'
    assert text("naïve") == '"naïve"'
    assert literal_lines("one \ntwo") is None
    assert literal_lines("one\ntwo") == ["|-", "one", "two"]
    assert literal_lines("one\ntwo\n") == ["|", "one", "two"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1e16, "10000000000000000"),
        (1e23, "100000000000000000000000"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (1e-7, "1.0e-07"),
        (1.5e-7, "1.5e-07"),
        (True, "true"),
        (None, "null"),
        (datetime(2030, 1, 1, 0, 0, 0, 5, UTC), "2030-01-01T00:00:00.000005+00:00"),
    ],
)
def test_numbers_are_written_as_either_database_gives_them_back(
    value: object, written: str
) -> None:
    assert scalar(value) == written


def test_csv_has_the_permissions_only() -> None:
    assert "".join(csv_of(FILE)) == (
        "repository,grantee,role,until\n"
        "acme/web,acme+ci,write,\n"
        "acme/web,alice,none,\n"
        "acme/web,team:builders,read,2030-06-30T00:00:00+00:00\n"
    )


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
        | st.sampled_from(["=1+1", "+a", "-a", "@a", "\ta", "\ra", "'a", "'=a", "''"]),
        st.sampled_from(Role),
        max_size=6,
    )
)
def test_no_cell_is_a_formula(grants: dict[str, Role]) -> None:
    permissions = {name: GrantDocument(role) for name, role in grants.items()}
    web = RepositoryDocument(permissions=permissions)
    acme = NamespaceDocument(repositories={"web": web})
    written = "".join(csv_of(AccessFile({"acme": acme})))
    rows = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert len(rows) == len(grants)
    assert not any(
        cell[:1] in tuple("=+-@\t\r") for row in rows for cell in row if cell
    )


def test_a_csv_file_reads_back_as_a_partial_file() -> None:
    read = read_access_file("acme.csv", "".join(csv_of(FILE)).encode())
    acme = read.namespaces["acme"]
    assert acme.partial
    assert acme.repositories is not None
    grants = (ACME.repositories or {})["web"].permissions
    assert acme.repositories["web"].permissions == grants
