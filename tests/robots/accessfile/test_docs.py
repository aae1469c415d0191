"""What docs/access-file.md shows: files that are read, and errors that are told."""

import re
from pathlib import Path

import pytest

from robots.accessfile.csv_reader import MAX_ROWS
from robots.accessfile.decoding import MAX_BYTES
from robots.accessfile.errors import FileInvalid
from robots.accessfile.reading import read_access_file
from robots.accessfile.tree import MAX_DEPTH, MAX_NODES
from tests.robots.accessfile.bad_files import BAD_FILES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "access-file.md").read_text()
YAML, CSV = (
    re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    for language in ("yaml", "csv")
)


@pytest.mark.parametrize(("name", "text"), [("a.yaml", YAML[0]), ("a.csv", CSV[0])])
def test_the_examples_are_read(name: str, text: str) -> None:
    assert "acme" in read_access_file(name, text.encode()).namespaces


def test_the_keys_are_told() -> None:
    with pytest.raises(FileInvalid) as caught:
        read_access_file(
            "acme.yaml", b"version: 1\nnamespaces: {acme: {robots: {ci: {x: y}}}}"
        )
    keys = caught.value.message.partition("allowed are ")[2].split(", ")
    assert keys and all(f"| `{key}` |" in TEXT for key in keys)


@pytest.mark.parametrize("limit", [MAX_BYTES, MAX_NODES, MAX_DEPTH, MAX_ROWS])
def test_the_limits_are_told(limit: int) -> None:
    assert f"| {limit}" in TEXT


def test_the_mistakes_in_the_example_are_told_as_shown() -> None:
    text = YAML[0].replace("description: Builds", "descripton: Builds")
    text = text.replace("acme+ci: write", "other+ci: write")
    text = text.replace("bob: none\n", f"bob: none\n{' ' * 10}bob: read\n")
    with pytest.raises(FileInvalid) as caught:
        read_access_file("acme.yaml", text.encode())
    assert f"```\n{caught.value.message}\n```" in TEXT


def test_the_errors_are_those_of_files_that_are_wrong() -> None:
    told = re.findall(r"^\| `(.*?)` \|", TEXT.partition("| it says |")[2], re.MULTILINE)
    messages = _messages()
    assert len(told) >= 8
    for text in told:
        start = re.sub(r"^'.*?'|\.\.\.$|line \d+$", "", text)
        assert any(start in message for message in messages), text


def _messages() -> list[str]:
    messages = []
    for bad in BAD_FILES:
        with pytest.raises(FileInvalid) as caught:
            read_access_file(bad.name, bad.bytes())
        messages.append(caught.value.message)
    return messages
