"""Deeds that are spans of a trace, where traces are on; elsewhere nothing at all.

Whether they are is known when a module is imported, so that a deed that is not traced
is the very function that was written, and costs nothing. Pure: the site installs what
begins a span (quaysite.tracing).
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Start = Callable[[str], AbstractContextManager[object]]
"""Begins the span of that name, and ends it with the context."""

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Environment variables, of which one turns traces on."""

ARE_ON = any(os.environ.get(name) for name in ENDPOINTS)

_starts: list[Start] = []


def install(start: Start) -> None:
    """Have spans begun by `start` from now on."""
    _starts[:] = [start]


def traced(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have each call of the function be a span called `name`. No argument is told."""

    def decorated(deed: Callable[P, T]) -> Callable[P, T]:
        return _in_span(name, deed) if ARE_ON else deed

    return decorated


def _in_span(name: str, deed: Callable[P, T]) -> Callable[P, T]:
    @wraps(deed)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        with _starts[0](name) if _starts else nullcontext():
            return deed(*args, **kwargs)

    return within
