"""The page of commands: each of ours with each of its options, and no other."""

import re

import pytest
from django.core.management import get_commands, load_command_class

from tests.docs import pages

OURS = sorted(
    name
    for name, app in get_commands().items()
    if app in ("robots", "federation", "registryauth", "quaysite")
)
ELSEWHERE = {"quickstart", "demo"}
"""For trying it out: the README and the quick start have them."""

PAGE = (pages.DOCS / "commands.md").read_text()
ALL = "\n".join((pages.ROOT / page).read_text() for page in pages.pages())
ROW = re.compile(r"^\| \[`(\w+)`\]\(", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")
DJANGOS = {
    "--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback",
    "--no-color", "--force-color", "--skip-checks",
}  # fmt: skip


def test_every_command_has_a_row_and_no_other() -> None:
    rows = set(ROW.findall(PAGE))
    assert rows - set(OURS) == set()
    assert set(OURS) - rows - ELSEWHERE == set()


@pytest.mark.parametrize("name", [name for name in OURS if name not in ELSEWHERE])
def test_every_option_is_told(name: str) -> None:
    """On its page: where the row leads."""
    command = load_command_class(get_commands()[name], name)
    options = {
        option
        for action in command.create_parser("manage.py", name)._actions
        for option in action.option_strings
        if option.startswith("--")
    } - DJANGOS
    target = re.search(rf"^\| \[`{name}`\]\(([^)#]*)", PAGE, re.MULTILINE)
    assert target is not None
    page = (pages.DOCS / target[1]).read_text() if target[1] else PAGE
    assert sorted(options - set(OPTION.findall(page))) == []
