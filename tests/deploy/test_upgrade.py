"""Migrations run with rows in the tables and the old version still at work."""

import json
from pathlib import Path

import pytest

from tests.deploy.old_release import BEFORE
from tests.e2e.databases import new_database
from tests.e2e.endpoint import ask, granted
from tests.e2e.processes import CHECKOUT
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

UNFILLED = {
    "robots.ReplicationBeat",
    "quaysite.Application",
    "quaysite.Assignment",
    "quaysite.Grant",
    "quaysite.IDToken",
    "quaysite.AccessToken",
    "quaysite.RefreshToken",
}
"""Tables that hold nothing in this test: of applications, and of replicas."""


def test_rows_live_on_and_the_old_version_writes_until_it_is_replaced(
    tmp_path: Path,
) -> None:
    database = new_database(tmp_path)
    try:
        _upgrade(Site("upgraded", tmp_path, database, WORKERS="1"))
    finally:
        database.drop()


def _upgrade(site: Site) -> None:
    code = "from tests.deploy import old_release; old_release.main()"
    report = json.loads(site.manage("shell", "-v0", "-c", code))

    # What was there is there, to the last column that the old version knows.
    assert report["kept"] == report["first"]
    empty = {label for label, count in report["written"].items() if count == 0}
    assert empty == UNFILLED
    # The old version wrote everything once more after the migration.
    doubled = {label: 2 * count for label, count in report["written"].items()}
    assert report["both"] == doubled

    site.manage("migrate", "--check", "-v0")
    with site.serving():
        for robot in report["robots"]:
            repository = robot["repository"]
            account = site.account(robot["name"], robot["secret"])
            answer = ask(site, account, f"repository:{repository}:pull,push")
            assert answer.status == 200
            assert granted(answer) == {repository: {"pull"}}


def test_there_is_something_to_migrate() -> None:
    """A BEFORE that is the present would show nothing."""
    newest = {}
    for app, name in BEFORE:
        files = sorted((CHECKOUT / app / "migrations").glob("0*.py"))
        assert name in {file.stem for file in files}
        newest[app] = files[-1].stem
    assert dict(BEFORE) != newest
