"""Secrets in files: read without their line end, and never more than is needed."""

from pathlib import Path

import pytest

from robots.errors import DomainError
from robots.importing.secret_text import secret_text

LONGEST = 8


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secrets!\r\n", "secrets!"),
        (b" se cret ", " se cret "),
        (b"s\xc3\xa9cret\n", "s\u00e9cret"),
    ],
)
def test_line_ends_are_no_part_of_it(tmp_path: Path, content: bytes, text: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    assert secret_text("--file", str(file), LONGEST) == text


@pytest.mark.parametrize("content", ["x" * 9, "x" * 8 + "\nx", "x" * 100_000])
def test_one_that_is_too_long_is_seen_to_be(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content)
    assert LONGEST < len(secret_text("--file", str(file), LONGEST)) <= LONGEST + 2


@pytest.mark.parametrize("content", [None, b"\xff secret"])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DomainError) as refused:
        secret_text("--file", str(file), LONGEST)
    assert refused.value.message.startswith(f"--file: {file} cannot be read (")
    assert "secret" not in refused.value.message
