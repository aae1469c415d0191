"""The hot queries look up what they need, however much else there is.

On PostgreSQL both for the values at hand and for a prepared statement's plan, which
knows none; what a plan touches must not grow with the site.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from benchmarks import skew
from benchmarks.explained import Explained, explained
from benchmarks.questions import Question, hot_questions, skewed_questions
from benchmarks.seed import fill
from benchmarks.world import World
from robots.models import Repository

SMALL, LARGE = World(2_000, 50_000), World(8_000, 200_000)
"""Robots have as many permissions in the one as in the other."""

SITE_WIDE = "list of public repositories"
"""The one list that goes through the rows of other organizations."""

SHOWS_ALL = "big: list of robots, permissions"
"""It names the 55,000 repositories of the robots that it shows."""

BOUNDED = "SELECT COUNT(*) FROM (SELECT"
"""How a page counts that stops counting after some thousands of rows."""

pytestmark = pytest.mark.django_db


def analyze() -> None:
    """As PostgreSQL does by itself, and SQLite does not."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def seeded(world: World) -> Iterator[None]:
    """The world, for as long as it is looked at."""
    with transaction.atomic():
        fill(world)
        analyze()
        yield
        transaction.set_rollback(True)


def answers(questions: list[Question]) -> list[Explained]:
    return [found for question in questions for found in explained(question)]


def buffers(found: list[Explained]) -> dict[str, int]:
    """The most that one statement of each question touches."""
    most: dict[str, int] = {}
    for one in found:
        if one.sql.startswith(BOUNDED):
            continue
        name = f"{one.question.rpartition(':')[2]}, {one.mode}"
        most[name] = max(most.get(name, 0), one.buffers)
    return most


def read_whole(found: list[Explained]) -> list[str]:
    """What reads a whole table where looking up rows were cheaper."""
    return [
        f"{one.question} ({one.mode}): {scan}\n{one.sql}\n{one.plan}"
        for one in found
        for scan in one.scans
        if SITE_WIDE not in one.question and one.question != SHOWS_ALL
        if not one.sql.startswith(BOUNDED)
        if (scan.pages is None or scan.pages > most_pages(one.question))
    ]


def most_pages(question: str) -> int:
    """A page of a list looks up a hundred rows, of some pages each."""
    return 100 if "list of" in question or "page" in question else 10


def test_a_table_that_is_read_as_a_whole_is_noticed() -> None:
    found = answers(
        [Question("all", lambda: Repository.objects.filter(state=2).first())]
    )
    assert {scan.table for one in found for scan in one.scans} == {"robots_repository"}


def test_the_hot_queries_read_no_table_and_no_more_in_a_larger_site() -> None:
    with seeded(SMALL):
        before = answers(hot_questions(SMALL))
    with seeded(LARGE):
        after = answers(hot_questions(LARGE))
    assert {one.question for one in after} >= {"login, 10 scopes", "exchange"}
    assert read_whole(after) == []
    if connection.vendor == "postgresql":
        check_growth(buffers(before), buffers(after))


def check_growth(before: dict[str, int], after: dict[str, int]) -> None:
    assert before.keys() == after.keys()
    for name, count in after.items():
        if SITE_WIDE not in name and "searched" not in name:
            assert count <= before[name] * 1.3 + 20, (name, before[name], count)
    assert after["robot token by secret, generic"] <= 30
    assert after["robot, 10 scopes, generic"] <= 300
    assert after["login, 10 scopes, generic"] <= 330


def test_an_organization_out_of_proportion_costs_what_its_robot_has() -> None:
    """The robot is in 200 teams: these are read, and no more, for each scope."""
    with seeded(SMALL):
        skew.add()
        analyze()
        found = answers(skewed_questions())
    assert read_whole(found) == []
    if connection.vendor == "postgresql":
        rows: dict[str, float] = {}
        for one in found:
            rows[one.question] = max(one.rows, rows.get(one.question, 0))
        teams = skew.SIZES["teams"]
        assert rows["big: token"] < 10
        assert rows["big: wrong"] < 100
        assert rows["big: login"] < 7 * 10 * teams
        assert rows["big: robot, 1 scope"] < 10 * teams
        assert rows["big: robot, 7 scopes"] < 7 * 10 * teams
        assert rows["big: other robot"] < 10 * teams
