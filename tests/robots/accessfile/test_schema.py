"""The JSON Schema: valid itself, kept in the docs, and of one mind with the reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from robots.accessfile.documents import AccessFile
from robots.accessfile.problems import Problems
from robots.accessfile.schema import schema
from robots.accessfile.tree import tree_of
from robots.accessfile.values import json_value
from robots.accessfile.writing import yaml_of
from tests.robots.accessfile.bad_files import BAD_FILES, BadFile
from tests.robots.accessfile.good_files import GOOD_FILES
from tests.robots.accessfile.said import FILES

DOCS = Path(__file__).resolve().parents[3] / "docs"
VALIDATOR = Draft202012Validator(schema())
STRUCTURAL = [bad for bad in BAD_FILES if bad.structural]


def as_json(text: str) -> Any:
    """What an editor sees of a file: keys are texts, and times too."""
    return json_value(tree_of(text, Problems("acme.yaml")))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_docs_hold_it() -> None:
    kept = (DOCS / "access-file.schema.json").read_text()
    assert kept == json.dumps(schema(), indent=2) + "\n"


@pytest.mark.parametrize("name", GOOD_FILES)
def test_it_takes_files_that_are_right(name: str) -> None:
    VALIDATOR.validate(as_json(GOOD_FILES[name]))


@given(FILES)
def test_it_takes_whatever_is_exported(file: AccessFile) -> None:
    VALIDATOR.validate(as_json("".join(yaml_of(file))))


@pytest.mark.parametrize("bad", STRUCTURAL, ids=lambda bad: bad.id)
def test_it_refuses_what_reading_refuses(bad: BadFile) -> None:
    assert not VALIDATOR.is_valid(as_json(bad.bytes().decode()))


def test_it_knows_every_key_of_the_example() -> None:
    """Nothing of the complete file is there by chance: each key is named."""
    named = {key for found in _objects(schema()) for key in found.get("properties", {})}
    said = as_json(GOOD_FILES["complete"])
    organization = said["namespaces"]["acme"]
    assert set(organization) | set(said) | {"personal", "partial"} <= named
    assert set(organization["robots"]["ci"]) <= named
    assert set(organization["repositories"]["web"]) <= named
    assert set(organization["teams"]["builders"]) <= named


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        inner = [found for item in value.values() for found in _objects(item)]
        return [value, *inner]
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    return []
