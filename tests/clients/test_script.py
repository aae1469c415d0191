"""What holds for the script as a file: it runs where there is only an old Python."""

import ast
import os
import sys

import pytest

from tests.clients.program import LOGIN, SCRIPT, Program


def test_it_has_nothing_to_install() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


def test_its_syntax_is_that_of_python_3_8() -> None:
    text = SCRIPT.read_text()
    assert ast.parse(text, feature_version=(3, 8))
    # What is newer in an annotation is not evaluated.
    assert "from __future__ import annotations" in text


def test_it_can_be_started_by_its_name() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert SCRIPT.read_text().startswith("#!/usr/bin/env python3\n")


def test_its_functions_are_small() -> None:
    tree = ast.parse(SCRIPT.read_text())
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert long == []


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_it_tells_of_itself(program: Program, option: str) -> None:
    run = program.run(option)
    assert (run.code, LOGIN in run.out) == (0, True)


def test_an_unknown_option_is_wrong_usage(program: Program) -> None:
    assert program.run("--tokn-file", "x").code == 2
