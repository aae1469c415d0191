"""`manage.py quickstart` as `make run` calls it: real servers, real signals."""

import base64
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quaysite.quickstart.ports import free_ports, is_free
from tests.e2e.programs import require

CHECKOUT = Path(__file__).resolve().parents[2]
END = "Ctrl-C ends everything"
START_SECONDS = 60

pytestmark = pytest.mark.e2e


def environment(var: Path, **variables: str) -> dict[str, str]:
    """Ours, but for the database: the quick start makes one of its own."""
    inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return {**inherited, "VAR_DIR": str(var), **variables}


class Run:
    """One `make run`: its ports, its process, and what it has printed so far."""

    def __init__(self, var: Path, **variables: str) -> None:
        self.port, self.registry_port = free_ports()
        self.text = ""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "quickstart"),
                *("--port", str(self.port)),
                *("--registry-port", str(self.registry_port)),
            ],
            cwd=CHECKOUT,
            env=environment(var, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait_for_banner(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line
            if END in line:
                return self.text
        raise AssertionError(f"it ended before its banner:\n{self.text}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the process group, as a terminal does; the exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(START_SECONDS)


@contextmanager
def running(var: Path, **variables: str) -> Iterator[Run]:
    run = Run(var, **variables)
    with run.process:
        try:
            run.wait_for_banner()
            yield run
        finally:
            run.process.terminate()


@pytest.fixture(autouse=True)
def registry_binary() -> str:
    return require("docker-registry")


def token_of(text: str, robot: str) -> str:
    match = re.search(rf"{re.escape(robot)} may .*\n +([A-Z0-9]{{64}})\n", text)
    assert match is not None, text
    return match[1]


def registry_token(run: Run, robot: str, secret: str, scope: str) -> str:
    credentials = base64.b64encode(f"{robot}:{secret}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310
        f"http://127.0.0.1:{run.port}/v2/auth"
        f"?service=127.0.0.1:{run.registry_port}&scope={scope}",
        headers={"Authorization": f"Basic {credentials}"},
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310
        token: str = json.load(response)["token"]
        return token


def start_upload(run: Run, token: str) -> int:
    """Ask the registry to begin an upload to acme/web; the HTTP status."""
    request = urllib.request.Request(  # noqa: S310
        f"http://127.0.0.1:{run.registry_port}/v2/acme/web/blobs/uploads/",
        method="POST",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_the_registry_takes_a_push_by_the_writer_and_not_by_the_reader(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as run:
        for robot, status in ("acme+ci", 202), ("acme+reader", 401):
            secret = token_of(run.text, robot)
            token = registry_token(run, robot, secret, "repository:acme/web:pull,push")
            assert start_upload(run, token) == status
        admin = f"http://127.0.0.1:{run.port}/admin/"
        assert admin in run.text
        with urllib.request.urlopen(admin) as page:  # noqa: S310
            assert page.status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_servers_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path) as run:
        assert run.end(number) == 0
        assert run.process.stdout is not None
        assert "Traceback" not in run.process.stdout.read()
        assert is_free(run.port)
        assert is_free(run.registry_port)


def test_a_second_start_keeps_the_data_and_hides_the_password(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        password = re.search(r"password (\S{20}) \(shown this once\)", first.text)
        assert password is not None
        first.end(signal.SIGTERM)
    with running(tmp_path) as second:
        assert password[1] not in second.text
        assert "changepassword admin" in second.text
        assert token_of(second.text, "acme+ci") == token_of(first.text, "acme+ci")


def test_no_secret_is_in_a_log(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        secret = token_of(run.text, "acme+ci")
        registry_token(run, "acme+ci", secret, "repository:acme/web:pull")
        run.end(signal.SIGTERM)
    password = re.findall(r"password (\S{20}) ", run.text)[0]
    logs = [path.read_text() for path in (tmp_path / "log").iterdir()]
    assert len(logs) == 2
    for log in logs:
        assert secret not in log
        assert password not in log


def test_when_one_server_ends_the_other_is_stopped(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children")
        for pid in children.read_text().split():
            command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "serve" in command and "manage.py" not in command:
                os.kill(int(pid), signal.SIGKILL)
        assert run.process.wait(START_SECONDS) == 1
        assert run.process.stdout is not None
        assert "the registry ended with code -9: see" in run.process.stdout.read()
        assert is_free(run.port)


def test_it_ends_when_its_terminal_is_closed(tmp_path: Path) -> None:
    port, registry_port = free_ports()
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [
            *(sys.executable, "manage.py", "quickstart", "--port", str(port)),
            *("--registry-port", str(registry_port)),
        ],
        cwd=CHECKOUT,
        env=environment(tmp_path),
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    ) as process:
        os.close(inside)
        printed = b""
        while END.encode() not in printed:
            printed += os.read(terminal, 65536)
        os.close(terminal)
        process.wait(START_SECONDS)
    assert is_free(port)
    assert is_free(registry_port)


def test_a_taken_port_is_a_clear_message(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "quickstart", "--port", str(taken)],
            cwd=CHECKOUT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {taken} of 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_port_cannot_serve_both(tmp_path: Path) -> None:
    port = str(free_ports()[0])
    options = ["--port", port, "--registry-port", port]
    done = subprocess.run(
        [sys.executable, "manage.py", "quickstart", *options],
        cwd=CHECKOUT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"PORT and REGISTRY_PORT are both {port}" in done.stderr


def test_both_servers_are_out_of_reach_of_the_network(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        listening = (
            Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        )
        for port in run.port, run.registry_port:
            addresses = re.findall(
                rf": ([0-9A-F]+):{port:04X} [0-9A-F]+:0000 0A", listening
            )
            assert set(addresses) == {"0100007F"}  # 127.0.0.1, little-endian


def test_it_does_not_wait_for_an_answer_that_cannot_come(tmp_path: Path) -> None:
    began = time.monotonic()
    run = Run(tmp_path, WORKERS="-1")
    with run.process:
        assert run.process.wait(START_SECONDS) == 1
        assert run.process.stdout is not None
        assert "Quaysite did not start" in run.process.stdout.read()
    assert time.monotonic() - began < 30
    assert is_free(run.registry_port)
