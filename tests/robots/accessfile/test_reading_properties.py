"""Properties of reading: nothing but FileInvalid is raised, and writing is undone."""

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from robots.accessfile.documents import AccessFile
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.accessfile.writing import csv_of, yaml_of
from tests.robots.accessfile.bad_files import BAD_FILES
from tests.robots.accessfile.good_files import COMPLETE
from tests.robots.accessfile.said import FILES, TABLES, without_lines

SOURCES = st.sampled_from(["acme.yaml", "acme.csv"])

_PIECES = st.sampled_from(
    """version: 1|namespaces:|acme|robots|teams|trusts|permissions|members|metadata
    |expires_at|until|role|read|none|issuer|subject|conditions|keys|max_age|: |- |{|}|[
    |]|,|"|'|&a |*a|!!str |? ||>|%|---|...|#|\\|\\u|\\x|\\ud800|\t|  |    |.nan|1e999
    |9999-12-31T23:59:59-14:00|2030-01-01T00:00:00Z|=|+|@|~|null|true|acme/web,bob,read,
    |repository,grantee,role,until|repository;grantee;role;until""".replace(
        "\n    ", ""
    ).split("|")
    + ["|", "\n", "\n  ", "\n    ", "\n      ", "\r", "\r\n", "\x85", "\ufeff", "é"]
)
SENTENCES = st.lists(_PIECES, max_size=40).map("".join).map(str.encode)


def _bent(start: int, length: int, piece: bytes) -> bytes:
    content = COMPLETE.encode()
    return content[:start] + piece + content[start + length :]


BENT = st.builds(
    _bent,
    st.integers(0, len(COMPLETE.encode())),
    st.integers(0, 30),
    st.binary(max_size=4) | _PIECES.map(str.encode),
)
"""A complete file in which one place is replaced."""

TABLE_LINES = SENTENCES.map(lambda rows: b"repository,grantee,role,until\n" + rows)


def _read(source: str, content: bytes) -> None:
    with suppress(FileInvalid):
        read_access_file(source, content)


@settings(max_examples=600)
@given(SOURCES, st.binary(max_size=200) | SENTENCES | BENT | TABLE_LINES)
@example("acme.yaml", b"\xff")
@example("acme.csv", b'repository,grantee,role,until\n"')
def test_no_bytes_raise_anything_else(source: str, content: bytes) -> None:
    _read(source, content)


@settings(max_examples=300)
@given(st.sampled_from(BAD_FILES), st.integers(0, 200), st.binary(max_size=3))
def test_no_bad_file_bent_once_more_raises_anything_else(
    bad: object, at: int, piece: bytes
) -> None:
    content: bytes = bad.content  # type: ignore[attr-defined]
    _read("acme.yaml", content[:at] + piece + content[at:])


@given(FILES)
def test_what_is_written_as_yaml_reads_back_equal(file: AccessFile) -> None:
    content = "".join(yaml_of(file)).encode()
    read = read_access_file("acme.yaml", content)
    assert without_lines(read) == without_lines(file)


@given(TABLES, st.booleans(), st.booleans())
def test_what_is_written_as_csv_reads_back_equal(
    file: AccessFile, with_mark: bool, returns: bool
) -> None:
    text = "".join(csv_of(file))
    if returns:
        text = text.replace("\n", "\r\n")
    content = text.encode("utf-8-sig" if with_mark else "utf-8")
    assert read_access_file("acme.csv", content) == file
