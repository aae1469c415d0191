"""Servers as child processes, with a real server under the supervisor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quaysite.quickstart.child import Child, ChildFailed, answers
from quaysite.quickstart.ports import free_ports, is_free
from quaysite.quickstart.supervisor import StopRequested, stop_signals, wait_for_end

# Stubborn: it does not end when asked, as a hanging server would.
STUBBORN = "import signal, time; signal.signal(15, lambda *_: None); time.sleep(60)"


def web_server(log: Path) -> tuple[Child, int]:
    port = free_ports()[0]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    return Child("the server", command, log, f"http://127.0.0.1:{port}/"), port


def test_a_server_is_started_waited_for_and_stopped(tmp_path: Path) -> None:
    child, port = web_server(tmp_path / "log")
    child.start()
    try:
        child.wait_until_ready()
        assert answers(f"http://127.0.0.1:{port}/")
        assert child.exit_code() is None
    finally:
        child.stop()
    assert child.exit_code() == -signal.SIGTERM
    assert is_free(port)


def test_a_server_that_answers_with_an_error_is_up(tmp_path: Path) -> None:
    child, port = web_server(tmp_path / "log")
    child.start()
    try:
        child.wait_until_ready()
        assert answers(f"http://127.0.0.1:{port}/no-such-file")
    finally:
        child.stop()


def test_a_server_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such setting')"]
    child = Child("the server", command, tmp_path / "log", "http://127.0.0.1:1/")
    child.start()
    with pytest.raises(ChildFailed, match=r"(?s)the server did not start.*no such set"):
        child.wait_until_ready()
    child.stop()


def test_a_server_that_hangs_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quaysite.quickstart.child.STOP_SECONDS", 0.5)
    command = [sys.executable, "-c", STUBBORN]
    child = Child("the server", command, tmp_path / "log", "http://127.0.0.1:1/")
    child.start()
    time.sleep(0.5)  # until it has its signal handler
    child.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_the_first_server_that_ends_is_named(tmp_path: Path) -> None:
    lasting, _port = web_server(tmp_path / "lasting")
    command = [sys.executable, "-c", "raise SystemExit(7)"]
    ending = Child("ending", command, tmp_path / "ending", "http://127.0.0.1:1/")
    lasting.start()
    ending.start()
    try:
        ended = wait_for_end([lasting, ending])
        assert (ended.name, ended.exit_code()) == ("ending", 7)
    finally:
        lasting.stop()
        ending.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_for_the_end_once(number: signal.Signals) -> None:
    # Under nohup the tests themselves begin with an ignored SIGHUP, and it stays so.
    own = signal.signal(number, signal.SIG_DFL)
    with stop_signals():
        with pytest.raises(StopRequested):
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # would raise again, or end this process
    assert signal.signal(number, own) == signal.SIG_DFL


def test_servers_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    port = free_ports()[0]
    script = (
        "import sys, time, pathlib, django\n"
        "django.setup()\n"
        "from quaysite.quickstart.child import Child\n"
        "command = [sys.executable, '-m', 'http.server', sys.argv[1]]\n"
        "url = f'http://127.0.0.1:{sys.argv[1]}/'\n"
        "child = Child('server', command, pathlib.Path(sys.argv[2]), url)\n"
        "child.start(); child.wait_until_ready(); print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "quaysite.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(port), str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        env=environment,
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        supervisor.kill()
    deadline = time.monotonic() + 10
    while not is_free(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_free(port)
