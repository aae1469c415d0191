"""Ports of this machine: which are free, and what to say about one that is not."""

import errno
import socket
import subprocess
from argparse import ArgumentTypeError
from pathlib import Path

HOST = "127.0.0.1"
"""The only address that the quick start listens on."""

DEBIAN_SERVICE = "docker-registry"


class PortUnusable(Exception):
    """Nothing of ours can listen there; the text says why, and what to do."""


def address(port: int) -> str:
    return f"{HOST}:{port}"


def port_number(text: str) -> int:
    """The port that a command line names. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    return _obstacle(port) is None


def free_ports() -> tuple[int, int]:
    """Two different ports that nothing listens on at this moment."""
    with socket.socket() as one, socket.socket() as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


def require_free(port: int, variable: str) -> None:
    """Raises PortUnusable unless `port`, which `variable` of make sets, is free."""
    obstacle = _obstacle(port)
    if obstacle is None:
        return
    if obstacle.errno != errno.EADDRINUSE:
        raise PortUnusable(f"{variable}={port}: {obstacle.strerror}")
    lines = [
        f"port {port} of {HOST} is taken, perhaps by another `make run`.",
        "Stop that program, or choose another port:"
        f" make run {variable}={free_ports()[0]}",
    ]
    if variable == "REGISTRY_PORT" and debian_service_runs():
        lines.append(
            f"Debian's {DEBIAN_SERVICE} service is running and listens on 5000 by"
            f" default. To stop it: systemctl disable --now {DEBIAN_SERVICE}"
        )
    raise PortUnusable("\n".join(lines))


def debian_service_runs() -> bool:
    """Whether systemd runs the registry that Debian's package brings."""
    if not Path("/run/systemd/system").is_dir():
        return False
    command = ["systemctl", "is-active", "--quiet", DEBIAN_SERVICE]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - constant


def _obstacle(port: int) -> OSError | None:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
    return None
