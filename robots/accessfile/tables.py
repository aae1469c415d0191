"""Mappings of an access file, read entry by entry; what is wrong is noted and skipped.

Pure. A reader that goes on after a mistake never lets the file through: whoever began
the reading checks the noted problems at its end.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from robots.accessfile.problems import Problem, Problems, joined, shown
from robots.accessfile.tree import Node, Table
from robots.accessfile.values import listing, table

T = TypeVar("T")

Reader = Callable[[Node], Any]


def known_entries(
    node: Node, path: str, problems: Problems, allowed: Collection[str]
) -> dict[str, Node]:
    """The entries of a mapping whose keys are these. Raises Problem for no mapping."""
    found = table(node).entries
    for key, inner in found.items():
        if key not in allowed:
            keys = ", ".join(allowed)
            problem = f"unknown key {shown(key)}; allowed are {keys}"
            problems.add(inner.line, path, problem)
    return {key: found[key] for key in allowed if key in found}


def fields(
    entries: Mapping[str, Node],
    path: str,
    problems: Problems,
    readers: Mapping[str, Reader],
) -> dict[str, Any]:
    """The values of those entries that have a reader, each read by it."""
    said: dict[str, Any] = {}
    for key, read in readers.items():
        if key in entries:
            try:
                said[key] = read(entries[key])
            except Problem as problem:
                problems.note(joined(path, key), problem)
    return said


def parts(
    entries: Mapping[str, Node],
    path: str,
    problems: Problems,
    readers: Mapping[str, Callable[[Node, str], Any]],
) -> dict[str, Any]:
    """Like `fields`, for what has entries itself: readers get its path too."""
    said: dict[str, Any] = {}
    for key, read in readers.items():
        if key in entries:
            inner = joined(path, key)
            try:
                said[key] = read(entries[key], inner)
            except Problem as problem:
                problems.note(inner, problem)
    return said


def each(
    found: Table,
    path: str,
    problems: Problems,
    read: Callable[[str, Node, str], T],
) -> dict[str, T]:
    """Every entry, read with its key and its path."""
    said: dict[str, T] = {}
    for key, node in found.entries.items():
        inner = joined(path, key)
        try:
            said[key] = read(key, node, inner)
        except Problem as problem:
            problems.note(inner, problem)
    return said


def each_item(
    node: Node, path: str, problems: Problems, read: Callable[[Node, str], T]
) -> list[T]:
    """Every item of a list, read with its path. Raises Problem for no list."""
    said: list[T] = []
    for position, item in enumerate(listing(node).items):
        inner = f"{path}[{position}]"
        try:
            said.append(read(item, inner))
        except Problem as problem:
            problems.note(inner, problem)
    return said
