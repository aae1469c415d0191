"""Commands that the manual shows are run, and print what it shows."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.preloaded import preloaded
from tests.docs.shell import shell
from tests.e2e.processes import Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

RUN = [
    page
    for page in pages.pages()
    if page != pages.QUICK_START and any(block.is_run for block in pages.blocks(page))
]


@dataclass(frozen=True)
class Place:
    """A data folder that is set up anew for each page, and what runs with it."""

    folder: Path
    address: str
    environment: dict[str, str]

    @property
    def places(self) -> dict[str, str]:
        """Addresses as the pages have them, plain and in an address, and ours."""
        return {
            "127.0.0.1:8000": self.address,
            "127.0.0.1%3A8000": self.address.replace(":", "%3A"),
        }

    @property
    def database(self) -> Path:
        return self.folder / "var" / "db.sqlite3"


PROGRAMS = ("curl", "git", "jq", "openssl", "podman", "skopeo")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for program in PROGRAMS:
        require(program)
    folder = tmp_path_factory.mktemp("site")
    bin_ = tmp_path_factory.mktemp("bin")
    address = free_address()
    environment = {
        "PATH": f"{bin_}:{Path(sys.executable).parent}:{SEARCH_PATH}",
        "HOME": str(folder),
        "PYTHONPATH": str(pages.ROOT),
        "LANG": "C.UTF-8",
        "VAR_DIR": str(folder / "var"),
        "BIND": address,
        "SERVER_HOSTNAME": address,
        "LOG_LEVEL": "ERROR",
        "USAGE_FLUSH_SECONDS": "3600",
        "FEDERATION_ALLOW_LOOPBACK_HTTP": "true",
    }
    with preloaded(bin_, environment):
        for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([bin_ / "manage.py", *command], env=environment, check=True)
        place = Place(folder, address, environment)
        shutil.copy2(place.database, folder / "empty.sqlite3")
        (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        yield place


@pytest.fixture(scope="module")
def server(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The site, served at its address."""
    server = Process(
        "site",
        [sys.executable, "manage.py", "serve", "--workers", "1"],
        place.environment,
        tmp_path_factory.mktemp("logs"),
    )
    try:
        server.wait_until(lambda: accepts_connections(place.address))
        yield server
    finally:
        server.stop()


@pytest.fixture
def emptied(place: Place) -> Place:
    """The site as it is after its first start, under a server that goes on."""
    with (
        closing(sqlite3.connect(place.folder / "empty.sqlite3")) as empty,
        closing(sqlite3.connect(place.database)) as live,
    ):
        empty.backup(live)
    return place


@pytest.mark.parametrize("page", RUN)
def test_what_the_page_shows_is_what_happens(
    page: str, emptied: Place, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    asks = any("127.0.0.1:8000" in b.text for b in pages.blocks(page) if b.is_run)
    if asks:
        request.getfixturevalue("server")
    work = tmp_path / "work"
    work.mkdir()
    with shell(tmp_path, work, emptied.environment) as opened:
        complaints = pages.done(page, opened, emptied.places)
    assert complaints == [], "\n\n".join(complaints)
