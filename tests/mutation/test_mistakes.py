"""What counts as a mistake, and that one in a living function is felt and is undone."""

import ast
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.mistakes import mistakes_in
from tests.mutation.swapping import mutants_of, put_in

SOURCE = '''
"""A module."""

import logging

logger = logging.getLogger(__name__)
LIMIT = 3


def outer(value: int, name: str) -> bool:
    """Whether it may."""
    logger.info("asked %s", name)
    if value > LIMIT or not name:
        raise ValueError("no")
    return name in ("a", "b")


class Thing:
    def total(self, items: list[int]) -> int:
        found = 0
        for item in items:
            if item < 0:
                continue
            found = found + item
        self.note(found)
        return found

    def note(self, number: int) -> None:
        """Nothing."""
'''


def changed(source: str) -> list[str]:
    """The functions as each mistake leaves them."""
    tree = ast.parse(source)
    right, found = ast.unparse(tree), []
    for mistake in mistakes_in(tree):
        mistake.make()
        found.append(ast.unparse(ast.fix_missing_locations(tree)))
        mistake.undo()
        assert ast.unparse(tree) == right
    return found


def body(line: str) -> list[str]:
    """What becomes of the one line of a function."""
    wrong = changed(f"def f(a, b):\n    {line}\n")
    return [text.partition("\n")[2].strip() for text in wrong]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("return a == b", ["return None", "return a != b"]),
        ("return a < b", ["return None", "return a <= b"]),
        ("return a is b", ["return None", "return a is not b"]),
        ("return a in b", ["return None", "return a not in b"]),
        ("return a and b", ["return None", "return a or b"]),
        ("return not a", ["return None", "return a"]),
        ("return a + b", ["return None", "return a - b"]),
        ("return 5", ["return None", "return 6"]),
        ("return True", ["return None", "return False"]),
        ("return 'x'", ["return None", "return 'XXx'"]),
        ("check(a)", ["pass", "check(None)"]),
        ("raise a", ["pass"]),
        ("b = a", ["b = None"]),
        ("b |= a", ["b &= a"]),
        ("return", []),
        ("return None", []),
        ("'''A docstring.'''", []),
        ("logger.info('x %s', a)", []),
    ],
)
def test_each_kind_of_mistake_is_made_once(line: str, wrong: list[str]) -> None:
    assert body(line) == wrong


def test_a_condition_that_is_no_comparison_is_turned_round() -> None:
    assert (
        "if not a:\n        return"
        in changed("def f(a):\n    if a:\n        return")[0]
    )


def test_nothing_outside_of_a_function_is_touched() -> None:
    source = "LIMIT = 3\n\nclass A:\n    most = 4 + LIMIT\n"
    assert changed(source) == []


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    file = tmp_path / "subject.py"
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("subject", file)
    assert spec is not None and spec.loader is not None
    subject = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(subject)
    return subject


def felt(module: ModuleType, what: str, deed: Callable[[], object]) -> object:
    """What `deed` answers in a child that has the mistake; the parent has it not."""
    assert module.__file__
    (mutant,) = [one for one in mutants_of(module.__file__) if what in one.what]
    child = os.fork()
    if child == 0:
        put_in(mutant)
        os._exit(int(bool(deed())))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_whoever_holds_a_function_has_the_mistake(module: ModuleType) -> None:
    held, total = module.outer, module.Thing().total
    assert held(3, "a") is True
    assert felt(module, "in ('a', 'b') -> notin", lambda: held(3, "a")) == 0
    assert held(3, "a") is True
    assert total([1, -5, 1]) == 2
    assert felt(module, "continue -> break", lambda: total([-5, 1])) == 0
    assert total([-5, 1]) == 1


def test_each_mistake_knows_its_function_and_line(module: ModuleType) -> None:
    assert module.__file__
    found = list(mutants_of(module.__file__))
    lines = SOURCE.splitlines()
    assert {mutant.key[1] for mutant in found} == {"outer", "Thing.total"}
    assert all(mutant.codes for mutant in found)
    for mutant in found:
        assert lines[mutant.line - 1].strip()
    assert not [one for one in found if "asked" in one.what]


def test_what_was_kept_from_before_is_forgotten(module: ModuleType) -> None:
    kept = cache(lambda: module.outer(3, "a"))
    kept.__module__ = "robots.of_a_test"
    assert kept() is True
    assert felt(module, "in ('a', 'b') -> notin", kept) == 0
    assert sys.modules.get("subject") is None
