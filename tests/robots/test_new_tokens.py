"""Where new tokens go: a file for its owner alone, or a command, and nowhere else."""

import json
import os
import resource
import select
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from robots.credentials import Secret
from robots.errors import DomainError
from robots.management import new_tokens
from robots.management.new_tokens import destination

TOKENS = [("acme+ci", Secret("A" * 64)), ("acme+deploy", Secret("B" * 64))]
TOLD = {"acme+ci": "A" * 64, "acme+deploy": "B" * 64}


def script(text: str) -> str:
    """A command line that runs Python."""
    return shlex.join([sys.executable, "-c", text])


def test_nowhere_is_named() -> None:
    assert destination({}) is None
    assert destination({"tokens_file": None, "tokens_command": None}) is None


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_a_file_is_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "tokens.json"
    deliver = destination({"tokens_file": str(path)})
    assert deliver is not None
    assert not path.exists()
    before = os.umask(umask)
    try:
        deliver(TOKENS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == TOLD


def test_a_file_that_exists_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    deliver = destination({"tokens_file": str(path)})
    path.write_text("precious")
    told = f"--tokens-file: {path} exists already"
    with pytest.raises(DomainError, match=told):
        destination({"tokens_file": str(path)})
    assert deliver is not None
    with pytest.raises(DomainError, match=told):
        deliver(TOKENS)
    assert path.read_text() == "precious"


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    """Whoever may write in the folder must not choose where secrets go."""
    path, target = tmp_path / "tokens.json", tmp_path / "target"
    deliver = destination({"tokens_file": str(path)})
    path.symlink_to(target)
    assert deliver is not None
    with pytest.raises(DomainError):
        deliver(TOKENS)
    with pytest.raises(DomainError):
        destination({"tokens_file": str(path)})
    assert not target.exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none" / "tokens.json"
    deliver = destination({"tokens_file": str(path)})
    assert deliver is not None
    with pytest.raises(DomainError, match="No such file or directory"):
        deliver(TOKENS)


def test_a_file_that_cannot_be_written_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    deliver = destination({"tokens_file": str(path)})
    assert deliver is not None
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(DomainError) as caught:
            deliver(TOKENS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.message == f"--tokens-file: {path}: File too large"
    assert not path.exists()


def test_a_command_reads_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "got"
    copy = (
        "import sys; said = sys.stdin.read();"
        f" open({str(path)!r}, 'w').write(said);"
        " print(said); print(said, file=sys.stderr)"
    )
    deliver = destination({"tokens_command": script(copy)})
    assert deliver is not None
    deliver(TOKENS)
    assert json.loads(path.read_text()) == TOLD
    assert capfd.readouterr() == ("", "")


def test_a_command_is_the_shells(tmp_path: Path) -> None:
    path = tmp_path / "got"
    deliver = destination({"tokens_command": f"cat | cat > {shlex.quote(str(path))}"})
    assert deliver is not None
    deliver(TOKENS)
    assert json.loads(path.read_text()) == TOLD


@pytest.mark.parametrize(
    ("command", "code"), [("exit 7", 7), ("cat; false", 1), ("no-such-command-x", 127)]
)
def test_a_command_that_fails_is_told(command: str, code: int) -> None:
    deliver = destination({"tokens_command": command})
    assert deliver is not None
    with pytest.raises(DomainError) as caught:
        deliver(TOKENS)
    assert caught.value.message == (
        f"--tokens-command: ended with exit code {code}; nothing was stored"
    )


def test_a_command_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_tokens, "PATIENCE", 0.1)
    deliver = destination({"tokens_command": "exec sleep 60"})
    assert deliver is not None
    with pytest.raises(DomainError, match="not done after") as caught:
        deliver(TOKENS)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("early", "raised"),
    [
        (subprocess.TimeoutExpired("sh", 1), DomainError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_no_part_of_a_pipeline_goes_on_when_it_is_ended(
    early: BaseException,
    raised: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    events = select.poll()
    events.register(reading, select.POLLIN)

    def interrupted(*args: object, **kwargs: object) -> None:
        assert events.poll(10_000)
        assert os.read(reading, 100) == b"begun\n"
        raise early

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    # Every part of the pipeline keeps the pipe open for as long as it lives.
    deliver = destination(
        {"tokens_command": f"exec 3> {held}; cat | (echo begun >&3; sleep 60; cat)"}
    )
    assert deliver is not None
    with pytest.raises(raised):
        deliver(TOKENS)
    assert events.poll(10_000) == [(reading, select.POLLHUP)]
    os.close(reading)


def test_no_half_of_a_file_stays_when_somebody_interrupts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokens.json"
    deliver = destination({"tokens_file": str(path)})
    assert deliver is not None

    def interrupted(handle: int) -> None:
        assert path.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deliver(TOKENS)
    assert not path.exists()


def test_no_command_is_refused() -> None:
    with pytest.raises(DomainError, match="name a command"):
        destination({"tokens_command": " "})
