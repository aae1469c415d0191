"""The token to ask with: where it may come from, and that no message shows it."""

from pathlib import Path

import pytest

from robots.errors import DomainError
from robots.quay.token_source import MAX_LENGTH, token_from

TOKEN = "a" * 40


def test_the_file_comes_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_from(str(file), None, {"QUAY_TOKEN": "other"}).reveal() == TOKEN


def test_so_does_the_argument() -> None:
    assert token_from(None, TOKEN, {"QUAY_TOKEN": "other"}).reveal() == TOKEN


def test_the_environment_is_the_last() -> None:
    assert token_from(None, None, {"QUAY_TOKEN": TOKEN}).reveal() == TOKEN


@pytest.mark.parametrize("environment", [{}, {"QUAY_TOKEN": ""}])
def test_there_must_be_one(environment: dict[str, str]) -> None:
    with pytest.raises(DomainError, match="QUAY_TOKEN"):
        token_from(None, None, environment)


@pytest.mark.parametrize(
    "said",
    [b"", b"\n", b"two secrets", b"secret\r\nX-Evil: 1", b"s\xc3\xa9cret"],
)
def test_what_no_header_can_hold_is_refused(tmp_path: Path, said: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(said)
    with pytest.raises(DomainError) as refused:
        token_from(str(file), None, {})
    assert "cret" not in refused.value.message


def test_a_file_of_any_length_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a" * (MAX_LENGTH + 1))
    with pytest.raises(DomainError):
        token_from(str(file), None, {})
    with pytest.raises(DomainError):
        token_from(str(tmp_path), None, {})
