"""`manage.py` without its start: a process that has Django loaded forks for each call.

Each call is a process of its own, with its own arguments, folder, streams, database
connection and exit code; only the seconds are saved that loading takes.
"""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import execute_from_command_line

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60

CLIENT = """#!{python} -SE
import json, os, socket, sys
ours = {environment}
passing = {{"PWD", "OLDPWD", "SHLVL", "_"}}
if any(ours.get(k) != v for k, v in os.environ.items() if k not in passing):
    # Settings of its own: they are read at the start, so it needs one.
    os.execv("{python}", ["{python}", "{root}/manage.py", *sys.argv[1:]])
with socket.socket(socket.AF_UNIX) as there:
    there.connect("{socket}")
    call = json.dumps([sys.argv[1:], os.getcwd()]).encode()
    socket.send_fds(there, [call], [0, 1, 2])
    sys.exit(int(there.recv(8) or b"70"))
"""


@contextlib.contextmanager
def preloaded(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """While it lasts, `manage.py` in `folder` runs with `environment`."""
    address = folder / "preloaded"
    program = folder / "manage.py"
    program.write_text(
        CLIENT.format(
            python=sys.executable,
            environment=repr(environment),
            root=ROOT,
            socket=address,
        )
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.docs.preloaded", str(address)],
        cwd=ROOT,
        env=environment,
    )
    try:
        _wait_for(address, server)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait_for(address: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not address.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("manage.py could not be loaded")
        time.sleep(0.05)


def serve(address: str) -> None:
    """Take calls until somebody ends it; a call has its arguments and its folder."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "quaysite.settings"
    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address + ".new")
        listener.listen()
        os.rename(address + ".new", address)
        while True:
            there, _ = listener.accept()
            with there:
                if os.fork() == 0:
                    listener.close()
                    _answer(there)


def _answer(there: socket.socket) -> None:
    """In the child: do what was called, tell the exit code, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    call, streams, _, _ = socket.recv_fds(there, 1 << 20, 3)
    arguments, folder = json.loads(call)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    sys.argv = ["manage.py", *arguments]
    code = _exit_code(sys.argv)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    there.sendall(str(code).encode())
    os._exit(code)


def _exit_code(arguments: list[str]) -> int:
    try:
        execute_from_command_line(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
