"""What workers tell each other: whole or not at all, once each, by the dead as well."""

import atexit
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from quaysite.metrics import folder as folders
from quaysite.metrics import publishing, snapshots
from quaysite.metrics.publishing import Publisher
from quaysite.metrics.snapshots import Snapshot, add_up, write
from robots.tallies import tallies
from tests.e2e.processes import CHECKOUT

ONE = Snapshot({("a", "x"): 1.0, ("d", "x", 3): 2.0}, Counter(last_uses=5), 4)

SERVER = """
import sys
from pathlib import Path
from quaysite.metrics.folder import open_folder
print(open_folder(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder of one test is that of the next."""
    monkeypatch.setenv(folders.VARIABLE, "")


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.fixture
def other() -> Iterator[int]:
    """The id of another process that lives."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child.pid
    child.kill()
    child.communicate()


def test_all_workers_add_up(tmp_path: Path, other: int) -> None:
    write(tmp_path, f"{other}-a", ONE)
    write(tmp_path, "1-own", ONE)
    own = Snapshot({("a", "x"): 10.0}, Counter(last_uses=1, logins=2), 3)
    found = add_up(tmp_path, "1-own", own)
    assert found.totals == {("a", "x"): 11, ("d", "x", 3): 2}
    assert found.waiting == Counter(last_uses=6, logins=2)
    assert (found.blocked, found.workers) == (7, 2)


def test_the_dead_count_on_but_wait_for_nothing(tmp_path: Path, dead: int) -> None:
    write(tmp_path, f"{dead}-a", ONE)
    write(tmp_path, f"{dead}-b", ONE)
    for _ in range(3):
        found = add_up(tmp_path, "1-own", Snapshot())
        assert found.totals == {("a", "x"): 2, ("d", "x", 3): 4}
        assert found.waiting == Counter()
        assert (found.blocked, found.workers) == (0, 1)
    assert [path.name for path in tmp_path.glob("*.json")] == ["gone.json"]


def test_a_burial_that_broke_off_counts_nobody_twice(tmp_path: Path, dead: int) -> None:
    """The files of the dead are still there, and so is the one that holds them."""
    write(tmp_path, f"{dead}-a", ONE)
    left = (tmp_path / f"{dead}-a.json").read_bytes()
    add_up(tmp_path, "1-own", Snapshot())
    (tmp_path / f"{dead}-a.json").write_bytes(left)
    assert add_up(tmp_path, "1-own", Snapshot()).totals == ONE.totals
    assert not (tmp_path / f"{dead}-a.json").exists()


def test_a_burial_that_is_not_possible_loses_nobody(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, f"{dead}-a", ONE)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(snapshots, "replace", full)
        for _ in range(2):
            assert add_up(tmp_path, "1-own", Snapshot()).totals == ONE.totals
    assert add_up(tmp_path, "1-own", Snapshot()).totals == ONE.totals


def test_a_file_that_makes_no_sense_is_left_out(tmp_path: Path, other: int) -> None:
    for number, content in enumerate([b"", b"{", b"{}", b"\xff", b'{"totals": []}']):
        (tmp_path / f"{other}-{number}.json").write_bytes(content)
    write(tmp_path, f"{other}-a", ONE)
    assert add_up(tmp_path, "1-own", Snapshot()).totals == ONE.totals


def test_a_full_disk_ends_nothing_and_lets_nothing_go_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is shown is what was told last: others know no more of this worker."""
    monkeypatch.setenv(folders.VARIABLE, str(tmp_path))
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    monkeypatch.setattr(atexit, "register", lambda deed: None)
    worker = Publisher()
    worker.start()
    tallies.note(("full", "x"))
    told = worker.sum_up().totals["full", "x"]
    target = Path("/dev/full")

    def on_a_full_disk(path: Path, content: bytes) -> None:
        with target.open("wb", buffering=0) as file:
            file.write(content)

    with monkeypatch.context() as patched:
        patched.setattr(snapshots, "replace", on_a_full_disk)
        for _ in range(3):
            tallies.note(("full", "x"))
            assert worker.sum_up().totals["full", "x"] == told
    assert caplog.text.count("metrics cannot be shared") == 1
    assert worker.sum_up().totals["full", "x"] == told + 3


def test_a_process_of_no_server_tells_its_own(tmp_path: Path) -> None:
    worker = Publisher()
    worker.start()
    tallies.note(("alone", "x"))
    found = worker.sum_up()
    assert (found.workers, found.totals["alone", "x"] >= 1) == (1, True)


def test_a_draft_that_failed_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1-a.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        folders.replace(tmp_path / "1-a.json", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["1-a.json"]


def started(root: Path) -> tuple["subprocess.Popen[str]", Path]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    return server, Path(server.stdout.readline().strip())


def test_folders_of_servers_that_are_gone_are_removed_and_no_others(
    tmp_path: Path,
) -> None:
    root = tmp_path / "metrics"
    first, its = started(root)
    second, others = started(root)
    assert its.is_dir() and others.is_dir() and its != others
    assert its.stat().st_mode & 0o777 == 0o700
    first.kill()
    first.communicate()
    third, own = started(root)
    assert not its.exists()
    assert others.is_dir() and own.is_dir()
    for server in (second, third):
        server.communicate()


def test_a_server_without_a_folder_serves_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "metrics").write_text("a file")
    publishing.prepare(tmp_path / "metrics")
    assert "each worker shows its own" in caplog.text
    assert folders.own_folder() is None
    assert os.environ[folders.VARIABLE] == ""
