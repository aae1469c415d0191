"""Living functions get other code: whoever holds one runs the mistake from then on.

Importing a changed module anew would leave the old functions with all who imported
them before.
"""

import ast
import gc
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from robots.prepared import PreparedQuery
from tests.mutation.mistakes import mistakes_in

_OURS = ("federation", "quaysite", "registryauth", "robots")

Key = tuple[str, str, int]
"""A file, and the qualified name and first line of a function in it."""


class Mutant(NamedTuple):
    """A mistake in one function of a module. `codes` has what the functions become."""

    path: str
    line: int
    what: str
    key: Key
    codes: dict[Key, CodeType]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.what}"


def mutants_of(path: str) -> Iterator[Mutant]:
    """One for each mistake in the module at `path`."""
    full = str(Path(path).resolve())
    tree = ast.parse(Path(path).read_text())
    for mistake in mistakes_in(tree):
        mistake.make()
        try:
            found = dict(_codes(compile(ast.fix_missing_locations(tree), full, "exec")))
        except SyntaxError:  # `continue` in a place for `break` alone, and the like.
            continue
        finally:
            mistake.undo()
        lines = mistake.function
        codes = {key: code for key, code in found.items() if key[2] in lines}
        (outermost,) = (key for key in codes if key[2] == lines[0] and _is_whole(key))
        yield Mutant(path, mistake.line, mistake.what, outermost, codes)


def put_in(mutant: Mutant) -> None:
    """Let every function that there is have the mistake, also where it was asked."""
    for living in functions_of({mutant.key[0]}):
        code = mutant.codes.get(key_of(living.__code__))
        if code is not None and len(code.co_freevars) == len(
            living.__code__.co_freevars
        ):
            living.__code__ = code
    forget()


def forget() -> None:
    """Let nobody keep what a function of ours answered, nor a statement it made."""
    for one in _living(_lru_cache_wrapper):
        if one.__module__.partition(".")[0] in _OURS:
            one.cache_clear()
    for query in _living(PreparedQuery):
        query._compiled.clear()


def functions_of(files: set[str]) -> list[FunctionType]:
    """All functions that there are whose source is in one of the files."""
    living = _living(FunctionType)
    return [one for one in living if one.__code__.co_filename in files]


def key_of(code: CodeType) -> Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _living(kind: type[Any]) -> list[Any]:
    # isinstance() would have Django's proxies make what they stand for.
    return [one for one in gc.get_objects() if kind in type(one).__mro__]


def _codes(code: CodeType) -> Iterator[tuple[Key, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield key_of(constant), constant
            yield from _codes(constant)


def _is_whole(key: Key) -> bool:
    """Whether it is a function that stands in no other."""
    return "<locals>" not in key[1] and not key[1].endswith(">")
