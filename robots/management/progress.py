"""Progress bars: on standard error, where a terminal is there to see them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)


@contextmanager
def bar(
    title: str, total: int | None = None, *, quiet: bool = False
) -> Iterator[Callable[[], None]]:
    """A bar for as long as the block runs; calling what it gives is one step.

    Without a `total` it only moves. With `quiet`, and where standard error is no
    terminal, nothing is shown.
    """
    shown = sys.stderr.isatty() and not quiet
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not shown, transient=True
    ) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def counting_bar(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """The same where what is done changes: give it a title, how much is done, of what.

    It is drawn at each call, since nothing may come for long.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda title, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(title: str, done: int, total: int) -> None:
            progress.update(task, description=title, completed=done, total=total)
            progress.refresh()

        yield show
