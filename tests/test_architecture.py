"""The law of the house: which way imports run, and how big things may grow."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("robots", "federation", "registryauth", "quaysite")
"""From the bottom up: each may import itself and what stands before it."""

FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350

Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> list[Path]:
    """Every Python file of ours below `folders`, without migrations."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


SOURCES = [ROOT / "manage.py", *python_files(*LAYERS, "abuse")]
REST = ("tests", "benchmarks", "clients", "deploy", "manual", "supply")
ALL = [*SOURCES, *python_files(*REST)]


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def imported_packages(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and top package of each import, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            module = package if node.level else node.module or ""
            yield node.lineno, module.split(".")[0]


def upward_imports(tree: ast.AST, package: str) -> list[int]:
    """Lines on which `package` imports what stands above it, or the tests."""
    above = {"tests", *LAYERS[LAYERS.index(package) + 1 :]}
    return [line for line, name in imported_packages(tree, package) if name in above]


def functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def ready_methods(tree: ast.AST) -> set[Function]:
    """`ready` of each AppConfig: before it runs, models cannot be imported."""
    return {
        method
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith("AppConfig") for base in node.bases)
        for method in node.body
        if isinstance(method, Function) and method.name == "ready"
    }


def late_imports(tree: ast.AST) -> list[int]:
    """Lines of imports inside functions, except in `ready`."""
    allowed = {line for method in ready_methods(tree) for line in _imports(method)}
    found = {line for function in functions(tree) for line in _imports(function)}
    return sorted(found - allowed)


def _imports(within: ast.AST) -> Iterator[int]:
    for node in ast.walk(within):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node.lineno


def bare_ignores(text: str) -> list[int]:
    """Lines that silence the type checker without saying which error."""
    bare = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+)")
    return [n for n, line in enumerate(text.splitlines(), 1) if bare.search(line)]


@pytest.mark.parametrize("package", LAYERS)
def test_imports_run_downward_only(package: str) -> None:
    assert [
        where(path, line)
        for path in python_files(package)
        for line in upward_imports(ast.parse(path.read_text()), package)
    ] == []


def test_no_file_is_named_after_nothing_in_particular() -> None:
    names = [path for path in ALL if {path.stem, path.parent.name} & FORBIDDEN_NAMES]
    assert [str(path.relative_to(ROOT)) for path in names] == []


def test_no_function_is_longer_than_a_screen() -> None:
    assert [
        f"{where(path, function.lineno)} {function.name}: {length(function)} lines"
        for path in ALL
        for function in functions(ast.parse(path.read_text()))
        if length(function) > MAX_FUNCTION_LINES
    ] == []


def test_no_file_grows_beyond_one_noun_or_deed() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert [
        where(path, count) for path, count in lines.items() if count > MAX_FILE_LINES
    ] == []


def test_nothing_is_imported_inside_a_function() -> None:
    assert [
        where(path, line)
        for path in ALL
        for line in late_imports(ast.parse(path.read_text()))
    ] == []


WAYS_OUT = re.compile(
    r"^\s*(?:import|from) (?:urllib3(?! import HTTPResponse$)|requests|httpx|aiohttp"
    r"|urllib\.request|http\.client(?! import responses$))",
    re.MULTILINE,
)
"""Imports of what asks others by HTTP; types and tables of theirs ask nobody."""


def test_outbound_http_lives_in_one_place() -> None:
    """The quick start asks the servers that it has started itself."""
    asking = {
        str(path.relative_to(ROOT))
        for path in python_files(*LAYERS)
        if WAYS_OUT.search(path.read_text())
    }
    there = {one for one in asking if not one.startswith("quaysite/quickstart/")}
    assert there == {"robots/outbound/asking.py"}


def test_every_ignored_type_error_is_named() -> None:
    assert [
        where(path, line) for path in ALL for line in bare_ignores(path.read_text())
    ] == []


def test_the_files_looked_at_are_the_ones_there_are() -> None:
    seen = {str(path.relative_to(ROOT)) for path in ALL}
    assert {"manage.py", "robots/access.py", "tests/test_architecture.py"} <= seen
    assert {path.split("/")[0] for path in seen} >= {*LAYERS, "tests"}
    assert not any("migrations" in path for path in seen)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import robots.models\nfrom federation import jwks", []),
        ("from registryauth.views import answer", [1]),
        ("import os\nimport quaysite.settings", [2]),
        ("def f():\n    from quaysite import models", [2]),
        ("from . import models\nfrom .models import Trust", []),
        ("from tests import factories", [1]),
    ],
)
def test_upward_imports_are_noticed(source: str, lines: list[int]) -> None:
    assert upward_imports(ast.parse(source), "federation") == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import os", []),
        ("if True:\n    import os", []),
        ("def f():\n    import os", [2]),
        ("async def f():\n    if True:\n        from os import path", [3]),
        ("class A:\n    def ready(self):\n        import os", [3]),
        ("class A(AppConfig):\n    def ready(self):\n        import os", []),
        ("class A(apps.AppConfig):\n    def other(self):\n        import os", [3]),
    ],
)
def test_imports_inside_functions_are_noticed(source: str, lines: list[int]) -> None:
    assert late_imports(ast.parse(source)) == lines


def test_ignored_type_errors_without_a_name_are_noticed() -> None:
    # Put together here, so that this file does not complain of itself.
    bare, named = "x  # type: " + "ignore", "x  # type: " + "ignore[misc]"
    assert bare_ignores(f"{named}\n{bare}\n{bare}[]") == [2, 3]


def test_the_length_of_a_function_counts_all_its_lines() -> None:
    (function,) = functions(ast.parse("def f(\n    a,\n):\n    return a\n"))
    assert length(function) == 4
