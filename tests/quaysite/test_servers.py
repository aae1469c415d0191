"""Both servers: what they refuse to start with, endure, believe, log and lose."""

import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Event

import pytest

from quaysite.serving.bridge import BODIES_AT_ONCE
from quaysite.serving.server import require_free
from tests.e2e.processes import CHECKOUT, accepts_connections, free_address
from tests.quaysite.servers import (
    BOTH,
    FORM,
    SERVE,
    Running,
    database,
    environment,
    migrated,
    request,
    start,
    until,
)

__all__ = ["database", "migrated", "start"]


@BOTH
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
    command: list[str], name: str, value: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        command,
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bind", "nowhere"], "nowhere is not HOST:PORT"),
        (["--bind", "127.0.0.1:70000"], "is not HOST:PORT"),
        (["--workers", "0"], "0 is not a number of 1 or more"),
        (["--threads", "many"], "many is not a number of 1 or more"),
    ],
)
def test_serve_does_not_start_with_nonsense(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*SERVE, *arguments],
        cwd=CHECKOUT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_does_not_share_a_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = subprocess.run(
            SERVE,
            cwd=CHECKOUT,
            env=environment(tmp_path, BIND=address),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"Cannot listen on {address}: Address already in use" in done.stderr


def test_whether_the_port_is_free_is_asked_without_listening() -> None:
    host, _, port = free_address().rpartition(":")
    over, accepted = Event(), []

    def knock() -> None:
        while not over.is_set():
            with socket.socket() as client, suppress(OSError):
                client.connect((host, int(port)))
                # A client that happens to come from this very port meets itself.
                accepted.append(client.getsockname() != client.getpeername())

    with ThreadPoolExecutor() as pool:
        knocking = pool.submit(knock)
        for _ in range(2_000):
            require_free({"address": host, "port": int(port)})
        over.set()
        knocking.result()
    assert not any(accepted)


@BOTH
def test_a_few_clients_that_send_slowly_do_not_stop_the_others(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    slow = [server.connect() for _ in range(6)]
    for connection in slow:
        connection.sendall(b"POST /v2/auth HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert server.get("/healthz") == 200
    for connection in slow:
        connection.close()


def test_many_clients_that_send_headers_or_bodies_slowly_stop_nobody(
    start: Callable[..., Running],
) -> None:
    server = start(SERVE, THREADS="2")
    slow = [server.connect() for _ in range(60)]
    for number, connection in enumerate(slow):
        ending = b"Content-Length: 9\r\n\r\nab" if number % 2 else b""
        connection.sendall(b"POST /v2/auth HTTP/1.1\r\nHost: h\r\n" + FORM + ending)
    assert [server.get("/healthz") for _ in range(5)] == [200] * 5
    for connection in slow:
        connection.close()


@BOTH
def test_a_path_cannot_begin_a_line_of_the_access_log(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    assert server.get("/x%0aFORGED%1b%00%c3%a9?secret=CANARY") == 404
    until(lambda: b"404" in server.log())
    assert b'127.0.0.1 "GET /x%0AFORGED%1B%00%C3%A9 HTTP/1.1" 404 ' in server.log()
    assert b"\nFORGED" not in server.log()
    assert b"CANARY" not in server.log()


@BOTH
def test_bodies_in_chunks_are_read_and_bounded(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    chunked = FORM + b"Transfer-Encoding: chunked\r\n"
    login = b"1d\r\ngrant_type=password&username=\r\n0\r\n\r\n"
    answer = server.send(request("POST", "/v2/auth", chunked, body=login))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Missing parameter: username" in answer
    broken = server.send(request("POST", "/v2/auth", chunked, body=b"zz\r\n"))
    # A connection that is closed with something unread may take the answer along.
    assert broken == b"" or broken.startswith(b"HTTP/1.1 400 ")
    megabyte = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(request("POST", "/v2/auth", chunked) + 2 * megabyte)
        connection.sendall(megabyte[:0x80100])
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_bodies_with_a_length_are_whole_and_bounded(
    start: Callable[..., Running],
) -> None:
    server = start(SERVE)
    large = request("POST", "/v2/auth", FORM, b"Content-Length: 900000000\r\n")
    assert server.send(large).startswith(b"HTTP/1.1 413 ")
    with server.connect() as connection:
        head = request("POST", "/v2/auth", FORM, b"Content-Length: 10\r\n")
        connection.sendall(head + b"abc")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    # Whoever closes the connection in the middle may get no answer at all.
    assert answer == b"" or b"The body is incomplete" in answer
    assert b" 200 " not in server.log()


@BOTH
def test_no_client_behind_a_proxy_chooses_its_address(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    """A name with underscores is not taken for the proxy's own header."""
    server = start(command, TRUSTED_PROXY_COUNT="1")
    server.manage("create_organization", "acme")
    server.manage("create_robot", "acme+ci")
    for header in ("X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For"):
        forged = f"{header}: 6.6.6.6\r\n".encode()
        answer = server.send(
            request(
                "POST",
                "/v2/auth?service=127.0.0.1:5000",
                b"Content-Length: 0\r\n",
                forged,
                FORM,
                b"X-Forwarded-For: 9.9.9.9\r\n",
                b"Authorization: Basic YWNtZStjaTp3cm9uZw==\r\n",
            )
        )
        assert answer.split(b" ", 2)[1] in {b"400", b"401"}
        path = "/v2/auth?service=127.0.0.1:5000"
        lines = [b"Authorization: Basic YWNtZStjaTp3cm9uZw==\r\n", forged]
        proxied = b"X-Forwarded-For: 9.9.9.9\r\n"
        for order in ([*lines, proxied], [proxied, *lines]):
            answer = server.send(request("GET", path, FORM, *order))
            assert answer.split(b" ", 2)[1] == b"401"
    server.process.stop()
    with closing(sqlite3.connect(database)) as connection:
        stored = "\n".join(connection.iterdump())
    assert "9.9.9.9" in stored
    assert "6.6.6.6" not in stored


@BOTH
def test_credentials_that_are_not_ascii_are_not_nobody(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    server = start(command)
    path = "/v2/auth?service=127.0.0.1:5000"
    answer = server.send(request("GET", path, b"Authorization: Basic \xff\r\n"))
    assert answer.startswith(b"HTTP/1.1 401 ")


@BOTH
def test_long_headers_pass_and_endless_ones_are_431(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    token = b"Authorization: Bearer " + b"a" * 16000 + b"\r\n"
    assert b" 200 " in server.send(request("GET", "/healthz", token))[:20]
    endless = b"Authorization: Bearer " + b"a" * 70_000 + b"\r\n"
    assert b" 431 " in server.send(request("GET", "/healthz", endless))[:20]


@BOTH
def test_headers_do_not_set_path_or_scheme(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    headers = [b"SCRIPT_NAME: /x\r\n", b"PATH_INFO: /healthz\r\n"]
    answer = server.send(request("GET", "/x/healthz", *headers))
    assert answer.startswith(b"HTTP/1.1 404 ")


@BOTH
def test_a_worker_that_is_killed_is_replaced(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    assert server.get("/healthz") == 200
    until(lambda: len(server.workers()) == 2)
    victim, survivor = server.workers()
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(server.workers()) == 2 and victim not in server.workers())
    assert survivor in server.workers()
    assert [server.get("/healthz") for _ in range(10)] == [200] * 10


@BOTH
def test_workers_end_when_their_parent_is_killed(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command)
    assert server.get("/healthz") == 200
    os.kill(server.process.pid, signal.SIGKILL)
    until(lambda: not accepts_connections(server.address))


@BOTH
def test_a_stop_loses_no_use_of_a_robot(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    server = start(command, USAGE_FLUSH_SECONDS="3600")
    server.manage("create_organization", "acme")
    secret = server.manage("create_robot", "acme+ci").split()[-1]
    path = "/v2/auth?service=127.0.0.1:5000"
    service = "service=127.0.0.1:5000"
    login = f"grant_type=password&{service}&username=acme%2Bci&password={secret}"
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(login), login.encode())
    chunked = FORM + b"Transfer-Encoding: chunked\r\n"
    answer = server.send(request("POST", path, chunked, body=body))
    assert answer.startswith(b"HTTP/1.1 200 ")
    os.kill(server.process.pid, signal.SIGTERM)
    until(lambda: not accepts_connections(server.address))
    server.process.stop()
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT last_used_at IS NOT NULL FROM robots_robot")
        assert rows.fetchall() == [(1,)]


def test_a_log_that_cannot_be_written_stops_nobody(
    start: Callable[..., Running],
) -> None:
    to_a_full_disk = ["sh", "-c", 'exec "$0" manage.py serve >/dev/full']
    server = start([*to_a_full_disk, sys.executable], WORKERS="1", THREADS="2")
    assert [server.get("/healthz") for _ in range(6)] == [200] * 6


def test_bodies_that_never_end_are_bounded_in_number(
    start: Callable[..., Running],
) -> None:
    server = start(SERVE, WORKERS="1")
    begun = request("POST", "/v2/auth", FORM, b"Content-Length: 100\r\n", body=b"a=")
    held = [server.connect() for _ in range(BODIES_AT_ONCE + 1)]
    try:
        for connection in held:
            connection.sendall(begun)
        [refused], _, _ = select.select(held, [], [], 15)
        answer = refused.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 5" in answer.lower()
        assert server.get("/healthz") == 200
    finally:
        for connection in held:
            connection.close()
    whole = request("POST", "/v2/auth", FORM, b"Content-Length: 3\r\n", body=b"a=b")
    until(lambda: server.send(whole).startswith(b"HTTP/1.1 400"))
