"""The server that ships: what it refuses to start with, endures, and logs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.e2e.processes import (
    CHECKOUT,
    Process,
    accepts_connections,
    free_address,
)

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:quaysite.gunicorn"]


def environment(folder: Path, **changed: str) -> dict[str, str]:
    (folder / "static").mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "VAR_DIR": str(folder), **changed}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a running server; it logs to gunicorn.out and .err."""
    address = free_address()
    variables = environment(tmp_path, BIND=address, WORKERS="2")
    process = Process("gunicorn", GUNICORN, variables, tmp_path)
    try:
        process.wait_until(lambda: accepts_connections(address))
        yield address
    finally:
        process.stop()


def access_log(folder: Path) -> bytes:
    """The log once it has a line: that is written after the answer was sent."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log := (folder / "gunicorn.out").read_bytes():
            return log
        time.sleep(0.05)
    raise AssertionError("the access log stays empty")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGISTRY_TOKEN_LIFETIME", "864000"),
        ("ROBOTS_SECRET_KEYS", "too short"),
        ("REGISTRY_SIGNING_ALGORITHM", "none"),
        ("ROBOTS_WHITELIST", "acme"),
    ],
)
def test_it_does_not_serve_with_settings_that_are_errors(
    name: str, value: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        GUNICORN,
        cwd=CHECKOUT,
        env=environment(tmp_path, BIND=free_address(), **{name: value}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_few_clients_that_send_slowly_do_not_stop_the_others(server: str) -> None:
    host, _, port = server.rpartition(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(6)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v2/auth HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with urlopen(f"http://{server}/healthz", timeout=5) as answer:
            assert answer.status == 200
    finally:
        for connection in slow:
            connection.close()


def test_a_path_cannot_begin_a_line_of_the_access_log(
    server: str, tmp_path: Path
) -> None:
    with pytest.raises(HTTPError) as refusal:
        urlopen(f"http://{server}/x%0aFORGED%1b%00?secret=CANARY", timeout=5)
    assert refusal.value.code == 404
    refusal.value.close()
    log = access_log(tmp_path)
    assert b"/x%0AFORGED%1B%00 " in log
    assert b"\nFORGED" not in log
    assert b"CANARY" not in log
