"""The page of settings: each one that is read is there, with its true default."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.quaysite.test_settings import SETTINGS, VARIABLE, load

__all__ = ["load"]

BASE = Path(django_settings.BASE_DIR)
ROW = re.compile(r"^\| `([A-Z_]+)`(?: S)? \| (.*?) \|", re.MULTILINE)
NAME = re.compile(r"`([A-Z][A-Z_]+)`")
SERVER_VARIABLE = re.compile(r'environ\.get\(\s*"(\w+)", "(.*?)"')

PAGE = (BASE / "docs" / "settings.md").read_text()
ROWS = dict(ROW.findall(PAGE))
OPTIONS = BASE / "quaysite" / "serving" / "options.py"
SERVER = dict(SERVER_VARIABLE.findall(OPTIONS.read_text()))
READ = set(VARIABLE.findall(SETTINGS.read_text()))

SIMPLE: dict[str, Callable[[str], Any]] = {
    r"true|false": lambda text: text == "true",
    r"empty": lambda text: [],
    r"`\d+`": lambda text: int(text.strip("`")),
    r"\d+ days": lambda text: int(text.split()[0]) * 24 * 3600,
}
"""Defaults that the page states in full; others it describes."""


def stated(text: str) -> Any:
    """The default that a cell states; None for one that only describes it."""
    for pattern, value in SIMPLE.items():
        if re.fullmatch(pattern, text):
            return value(text)
    return None


def test_every_setting_is_on_the_page_and_no_other() -> None:
    assert READ | SERVER.keys() <= set(NAME.findall(PAGE))
    assert ROWS.keys() <= READ | SERVER.keys()
    assert len(ROW.findall(PAGE)) == len(ROWS), "a setting has two rows"


def test_every_simple_default_is_the_true_one(
    load: Callable[..., dict[str, Any]],
) -> None:
    real = load()
    said = {name: stated(text) for name, text in ROWS.items() if name in real}
    simple = {name: value for name, value in said.items() if value is not None}
    assert simple == {name: real[name] for name in simple}
    assert len(simple) > 20


@pytest.mark.parametrize("name", sorted(SERVER))
def test_the_server_that_ships_starts_as_the_page_says(name: str) -> None:
    assert ROWS[name] == f"`{SERVER[name]}`"
