"""A run: one fault after another, each under a load of its own."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter

from benchmarks.faults import inside
from benchmarks.faults.answers import Answer, Verdict
from benchmarks.faults.faults import Fault
from benchmarks.faults.found import Found
from benchmarks.faults.load import loading
from benchmarks.faults.log_disk import is_disk
from benchmarks.faults.sites import site
from benchmarks.faults.stage import Stage

BEFORE_SECONDS = 4
AFTER_SECONDS = 8

Row = tuple[Fault, Found | str]
"""What was found, or why the fault could not be had here."""


def suffer(
    stage: Stage,
    fault: Fault,
    before: float = BEFORE_SECONDS,
    after: float = AFTER_SECONDS,
) -> Found:
    """Have the fault happen under load.

    Raises RuntimeError unless every question was answered right before.
    """
    with loading(stage.cast) as load:
        time.sleep(before)
        began = time.monotonic()
        with fault.happening(stage):
            time.sleep(fault.seconds)
        ended = time.monotonic()
        time.sleep(after)
    _check_before([it for it in load.answers if it.ended < began])
    lost = inside.call(stage.site, "lost", request_ids=load.acknowledged)
    return Found(
        answers=load.answers,
        began=began,
        ended=ended,
        acknowledged=len(load.acknowledged),
        lost=len(lost),
        amiss=list(fault.afterwards(stage)),
    )


def everything(stage: Stage, faults: Sequence[Fault]) -> list[Row]:
    """All faults that can be had here, one after another."""
    rows: list[Row] = []
    for name, here in groupby(faults, attrgetter("site")):
        with site(stage, name) as on:
            rows += [(fault, _found(on, fault)) for fault in here]
    return rows


def _found(stage: Stage | str, fault: Fault) -> Found | str:
    if isinstance(stage, str):
        return stage
    if fault.of_log_disk and not is_disk(stage.site.logs):
        return "only root can make a small disk, and fill it"
    with _told(fault.title):
        return suffer(stage, fault)


def _check_before(answers: Sequence[Answer]) -> None:
    """Without faults all is right, or nothing would be shown."""
    if not answers:
        raise RuntimeError("nothing was answered before the fault")
    for answer in answers:
        if answer.verdict is not Verdict.RIGHT:
            raise RuntimeError(f"not right before the fault: {answer}")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say on stderr what is going on: a run takes minutes."""
    began = time.monotonic()
    print(f"{what} ...", file=sys.stderr, flush=True)
    yield
    print(f"{what}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
