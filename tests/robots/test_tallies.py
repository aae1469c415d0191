"""Counts: none is lost among threads, none outlives a fork, none goes back."""

import os
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.tallies import BOUNDS, SUM, Tallies, tallies


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns a thousand times as often as they do."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_what_is_counted_adds_up() -> None:
    counted = Tallies()
    counted.note(("a", "x"))
    counted.note(("a", "x"))
    counted.note(("a", "y"), 2.5)
    assert counted.totals() == {("a", "x"): 2, ("a", "y"): 2.5}


def test_no_count_is_lost_among_threads(hasty: None) -> None:
    """Some of which have ended when they are asked for, and some have not."""
    counted, ended = Tallies(), threading.Event()

    def count(stays: bool) -> None:
        for number in range(20_000):
            counted.note(("a", str(number % 7)))
        started.release()
        if stays:
            ended.wait()

    started = threading.Semaphore(0)
    threads = [threading.Thread(target=count, args=(n % 2 == 0,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for _ in threads:
        counted.totals()
        started.acquire()
    assert sum(counted.totals().values()) == 8 * 20_000
    ended.set()
    for thread in threads:
        thread.join()
    assert sum(counted.totals().values()) == 8 * 20_000


def test_counts_never_go_back_while_threads_count_and_end(hasty: None) -> None:
    counted, seen = Tallies(), [0.0]

    def count() -> None:
        for _ in range(50):
            counted.note(("a",))

    for _ in range(60):
        thread = threading.Thread(target=count)
        thread.start()
        seen.append(sum(counted.totals().values()))
        thread.join()
        seen.append(sum(counted.totals().values()))
    assert seen == sorted(seen)
    assert seen[-1] == 60 * 50


def test_threads_that_ended_leave_their_counts_and_nothing_else() -> None:
    counted = Tallies()
    for _ in range(30):
        thread = threading.Thread(target=counted.note, args=(("a",),))
        thread.start()
        thread.join()
    assert counted.totals() == {("a",): 30}
    assert counted._threads == []


def test_a_process_just_forked_begins_at_nothing() -> None:
    tallies.note(("forked",))
    before = tallies.totals()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        tallies.note(("forked",))
        tallies.note(("forked",))
        os.write(writer, str(tallies.totals()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1000) == b"{('forked',): 2}"
    assert tallies.totals() == before


@given(st.lists(st.floats(0, 20, allow_nan=False), max_size=30))
def test_a_duration_is_in_the_first_bucket_that_holds_it(
    durations: list[float],
) -> None:
    counted = Tallies()
    for seconds in durations:
        counted.observe("d", "x", seconds)
    totals = counted.totals()
    assert totals.get(("d", "x", SUM), 0) == pytest.approx(sum(durations))
    for number, end in enumerate(BOUNDS):
        begin = BOUNDS[number - 1] if number else -1
        inside = [seconds for seconds in durations if begin < seconds <= end]
        assert totals.get(("d", "x", number), 0) == len(inside)
    above = [seconds for seconds in durations if seconds > BOUNDS[-1]]
    assert totals.get(("d", "x", len(BOUNDS)), 0) == len(above)
