"""YAML as a tree of plain nodes that know their lines, and nothing that YAML can hide.

Pure. It is made of the parser's events, not of its objects: a tag can make nothing,
an anchor can multiply nothing, a key that is said twice does not win in silence, and
no depth of nesting can exhaust the stack.
"""

import re
import sys
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from robots.accessfile.problems import Problem, Problems, shown

MAX_DEPTH = 100
"""Levels of nesting: those of the format, and of JSON in it (`robots.text`)."""

MAX_NODES = 3_000_000
"""Keys and values of one file; a permission takes two."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML has it; the other one is ten times as slow."""

_ALIAS = "anchors and aliases (& and *) are not read; write it out, or in quotes"
_NOT_YAML = "this is no YAML"
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(slots=True)
class Scalar:
    """One value as its text; `plain` is one without quotes."""

    text: str
    line: int
    plain: bool


@dataclass(slots=True)
class Table:
    """A mapping. The line of each value in it is the line of its key."""

    entries: "dict[str, Node]"
    line: int


@dataclass(slots=True)
class Listing:
    """A sequence."""

    items: "list[Node]"
    line: int


Node = Scalar | Table | Listing


def tree_of(text: str, problems: Problems, loader: Any = LOADER) -> Node:
    """The one document of a file.

    Keys that are said twice are noted in `problems`, and the first one counts. Raises
    FileInvalid for what is no YAML, and for what is too deep or too much.
    """
    builder = _Builder(problems)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
        return builder.whole()
    except Problem as problem:
        problem_found = problem
    except yaml.MarkedYAMLError as error:
        problem_found = _not_yaml(text, error)
    except (yaml.YAMLError, ValueError, OverflowError):
        # What the slow loader makes of escapes of characters that do not exist.
        problem_found = Problem(0, _NOT_YAML)
    problems.note("", problem_found)
    raise problems.all()


class _Builder:
    """Puts each event where it belongs. `_key` waits for its value."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._open: list[Table | Listing] = []
        self._names: list[str] = []
        self._key: Scalar | None = None
        self._root: Node | None = None
        self._documents = 0
        self._nodes = 0

    def take(self, event: Any) -> None:
        """Take the next event; raises Problem for one that has no place here."""
        match event:
            case ScalarEvent():
                self._put(_scalar(event))
            case MappingStartEvent() | SequenceStartEvent():
                self._begin(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._open.pop()
                self._names.pop()
            case AliasEvent():
                raise Problem(_line(event), _ALIAS)
            case DocumentStartEvent():
                self._begin_document(event)

    def whole(self) -> Node:
        """The tree, when all was taken."""
        if self._root is None:
            raise Problem(1, "the file is empty")
        return self._root

    def _begin_document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Problem(_line(event), "a second document; a file holds one")
        if event.version or event.tags:
            raise Problem(_line(event), "directives (lines with %) are not read")

    def _begin(self, event: Any) -> None:
        _check_bare(event)
        line = _line(event)
        if len(self._open) == MAX_DEPTH:
            raise Problem(line, _TOO_DEEP)
        is_table = isinstance(event, MappingStartEvent)
        node: Table | Listing = Table({}, line) if is_table else Listing([], line)
        name = self._key.text if self._key else ""
        self._put(node)
        self._open.append(node)
        self._names.append(name)

    def _put(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Problem(node.line, f"more than {MAX_NODES} keys and values")
        if not self._open:
            self._root = node
            return
        container = self._open[-1]
        if isinstance(container, Listing):
            container.items.append(node)
        elif self._key is not None:
            self._enter(container, self._key, node)
        elif isinstance(node, Scalar):
            self._key = node
        else:
            raise Problem(node.line, "a key must be text")

    def _enter(self, table: Table, key: Scalar, node: Node) -> None:
        self._key = None
        node.line = key.line
        first = table.entries.setdefault(key.text, node)
        if first is not node:
            path = ".".join(filter(None, self._names))
            problem = f"{shown(key.text)} is said twice; first on line {first.line}"
            self._problems.add(key.line, path, problem)


def _scalar(event: ScalarEvent) -> Scalar:
    _check_bare(event)
    plain: bool = event.implicit[0]
    line = _line(event)
    if not plain and _UNSTORABLE.search(event.value):
        raise Problem(line, "NUL and lone surrogates cannot be stored")
    # The same roles and names stand on very many lines.
    return Scalar(sys.intern(event.value), line, plain)


def _check_bare(event: Any) -> None:
    if event.anchor is not None:
        raise Problem(_line(event), _ALIAS)
    if event.tag is not None:
        raise Problem(_line(event), f"the tag {shown(event.tag)}; tags are not read")


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _not_yaml(text: str, error: yaml.MarkedYAMLError) -> Problem:
    """What the parser says; of tabs, which one does not see, in better words."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(0, _NOT_YAML)
    lines = text[_start(text, mark.line) :].split("\n", 1)
    if "\t" in lines[0][: len(lines[0]) - len(lines[0].lstrip())]:
        return Problem(mark.line + 1, "a tab cannot indent a line; use spaces")
    if "nesting depth" in (error.problem or ""):
        # libyaml looks ahead, and has a limit of its own.
        return Problem(mark.line + 1, _TOO_DEEP)
    return Problem(mark.line + 1, f"{_NOT_YAML}: {error.problem}")


def _start(text: str, line: int) -> int:
    """Where the line of that number begins, counted from 0."""
    position = 0
    for _ in range(line):
        position = text.find("\n", position) + 1
    return position
