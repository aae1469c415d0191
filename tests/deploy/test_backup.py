"""A backup taken under load, restored elsewhere: every robot logs in there."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest

from robots.management.commands.verify_audit import UNSOUND
from tests.deploy.backups import copy_keys, dump, load
from tests.e2e.accounts import Account
from tests.e2e.conftest import Cast, new_casts
from tests.e2e.databases import new_database
from tests.e2e.endpoint import ask, granted, request
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

ROBOTS = 25
"""So many before the dump begins, and as many again after it."""

PATIENCE = 120


@dataclass
class Load:
    """Somebody who creates robots and grants them a repository, until told to stop."""

    site: Site
    cast: Cast
    bearer: str
    stopped: Event = field(default_factory=Event)
    made: list[Account] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """At work during this block. Raises what a thread of it raised."""
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(self.create), pool.submit(self.log_in)]
            try:
                yield
            finally:
                self.stopped.set()
        for job in jobs:
            job.result()

    def wait_for(self, robots: int) -> None:
        """Return once so many robots were made."""
        deadline = time.monotonic() + PATIENCE
        while len(self.made) < robots and time.monotonic() < deadline:
            self.stopped.wait(0.05)
        assert len(self.made) >= robots

    def create(self) -> None:
        for number in count():
            if self.stopped.is_set():
                return
            self._create_one(f"made{number}")

    def _create_one(self, name: str) -> None:
        organization = self.cast.organization
        answer = self._api("PUT", f"organization/{organization}/robots/{name}", {})
        robot = self.site.account(f"{organization}+{name}", answer["token"])
        web = self.cast.repository("web")
        self._api(
            "PUT",
            f"repository/{web}/permissions/user/{quote(robot.name)}",
            {"role": "read"},
        )
        # Only what was confirmed in whole counts.
        self.made.append(robot)

    def _api(self, method: str, path: str, document: object) -> dict[str, str]:
        answer = request(
            method,
            self.site.address,
            f"/api/v1/{path}",
            headers={"Authorization": f"Bearer {self.bearer}"},
            document=document,
        )
        assert answer.status in (200, 201), answer.text
        return dict(answer.json)

    def log_in(self) -> None:
        """Token requests meanwhile."""
        while not self.stopped.wait(0.01):
            self.statuses.append(ask(self.site, self.cast.reader).status)


def new_site(name: str, folder: Path, stack: ExitStack) -> Site:
    folder.mkdir()
    database = new_database(folder)
    stack.callback(database.drop)
    return Site(name, folder, database, WORKERS="1", SERVER_HOSTNAME="127.0.0.1:8000")


def test_a_backup_under_load_is_restored_elsewhere(
    tmp_path: Path, stack: ExitStack
) -> None:
    here = new_site("here", tmp_path / "here", stack)
    here.manage("migrate", "-v0")
    work = begun_load(here, stack)
    with work.going_on():
        work.wait_for(ROBOTS)
        before = list(work.made)
        noted = sealed(here)
        dump(here.database, tmp_path / "backup")
        work.wait_for(len(work.made) + ROBOTS)
    assert set(work.statuses) == {200}
    keys, later = signing_keys(here), sealed(here)
    here.stop_server()

    there = new_site("there", tmp_path / "there", stack)
    load(tmp_path / "backup", there.database)
    copy_keys(here.folder, there.folder)
    there.manage("migrate", "--check", "-v0")
    there.manage("verify_audit", "--expect", noted)
    # What was sealed after the dump is lost, and that shows.
    there.manage("verify_audit", "--expect", later, code=UNSOUND)
    stack.enter_context(there.serving())

    assert signing_keys(there) == keys
    check_logins(there, work, before)
    # The chain goes on from where it was.
    assert int(sealed(there).partition(":")[0]) > int(noted.partition(":")[0])
    there.manage("verify_audit", "--expect", noted)


def begun_load(site: Site, stack: ExitStack) -> Load:
    """What is to work at a site, which serves from now on."""
    stack.enter_context(site.serving())
    cast = next(new_casts(site, 1))
    made = site.manage(
        *("create_oauth_token", cast.owner.name, "--json"),
        *("--scope", "org:admin repo:admin"),
    )
    return Load(site, cast, json.loads(made)["token"])


def check_logins(site: Site, work: Load, before: list[Account]) -> None:
    """Who was there before the dump is, and is granted what it was."""
    web = work.cast.repository("web")
    scope = f"repository:{web}:pull"
    for robot in [work.cast.reader, work.cast.writer, *before]:
        answer = ask(site, robot, scope)
        assert answer.status == 200, robot.name
        assert granted(answer) == {web: {"pull"}}
    # What came later is there in whole or not at all.
    since = [ask(site, robot, scope).status for robot in work.made[len(before) :]]
    assert set(since) <= {200, 401}
    assert 401 in since
    assert ask(site, work.cast.reader.with_secret("X" * 64)).status == 401


def test_without_the_keys_no_robot_logs_in(tmp_path: Path, stack: ExitStack) -> None:
    """So that whoever leaves them out of a backup learns of it here."""
    here = new_site("here", tmp_path / "here", stack)
    here.manage("migrate", "-v0")
    cast = next(new_casts(here, 1))
    noted = sealed(here)
    dump(here.database, tmp_path / "backup")

    there = new_site("there", tmp_path / "there", stack)
    load(tmp_path / "backup", there.database)
    there.manage("verify_audit", "--expect", noted, code=UNSOUND)
    with there.serving():
        assert ask(there, cast.reader).status == 401


def sealed(site: Site) -> str:
    """Seal what has happened, and note the head, as docs/backup.md says."""
    head = str(json.loads(site.manage("seal_audit", "--json"))["head"])
    assert head
    return head


def signing_keys(site: Site) -> list[str]:
    """The ids of the published keys; the active one has a star."""
    listed = json.loads(site.manage("signing_keys", "list", "--json"))["keys"]
    assert listed
    return sorted(key["id"] + ("*" if key["active"] else "") for key in listed)
