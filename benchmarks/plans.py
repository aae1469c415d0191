"""What the hot queries touch in a seeded database: `python -m benchmarks.plans`.

Prints each statement with the buffers and rows it touches, and marks what reads a
whole table. Give the numbers that the database was seeded with; `--skew` asks about
the organization of `benchmarks.skew` too, and writes it if it is missing. Everything
else is rolled back.
"""

import argparse
import json

from django.conf import settings
from django.db import transaction
from django.test import override_settings

from benchmarks import skew
from benchmarks.explained import Explained, explained
from benchmarks.questions import hot_questions, skewed_questions
from benchmarks.world import World
from robots.models import Namespace

_LARGE = 10
"""Pages of 8 KiB from which on a table is not rightly read as a whole."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robots", type=int, default=20_000)
    parser.add_argument("--permissions", type=int, default=500_000)
    parser.add_argument("--skew", action="store_true")
    parser.add_argument("--only", default="", help="A part of a question's name.")
    parser.add_argument("--plans", action="store_true", help="Print them whole.")
    given = parser.parse_args()
    if given.skew and not Namespace.objects.filter(name=skew.NAMESPACE).exists():
        skew.add()
    # Pages that no server serves have no collected files.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}
    with override_settings(STORAGES=storages), transaction.atomic():
        world = World(given.robots, given.permissions)
        questions = hot_questions(world)
        if given.skew:
            questions += skewed_questions()
        for question in questions:
            if given.only in question.name:
                for found in explained(question):
                    show(found, given.plans)
        transaction.set_rollback(True)


def show(found: Explained, whole: bool) -> None:
    large = [str(scan) for scan in found.scans if (scan.pages or _LARGE) >= _LARGE]
    scans = f"  SCANS {', '.join(large)}" if large else ""
    print(
        f"{found.question:34} {found.mode:8} {found.buffers:7} buffers"
        f" {found.rows:8.0f} rows {found.milliseconds:9.2f} ms  {found.sql[:60]!r}"
        f"{scans}"
    )
    if whole:
        print(found.sql)
        print(json.dumps(found.plan, indent=1))


if __name__ == "__main__":
    main()
