"""Packages of Debian that the quick start can install itself, as root."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from quaysite.quickstart.ports import DEBIAN_SERVICE, debian_service_runs

_SECONDS = 600


def can_install() -> bool:
    """Whether apt-get is here and this is root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def offer(package: str, logs: Path, say: Callable[[str], object]) -> bool:
    """Install `package` where that is possible, and say so; whether it is there now."""
    if not can_install():
        return False
    say(f"Installing Debian's {package} with apt-get ...")
    log = logs / "apt.log"
    installed = install(package, log)
    if not installed:
        say(f"That failed: see {log}")
    return installed


def install(package: str, log: Path) -> bool:
    """Install one package, what it prints added to `log`; whether that worked."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", package]
    # A fresh machine has no lists of packages yet.
    installed = _run(command, log) or (
        _run(["apt-get", "update"], log) and _run(command, log)
    )
    if installed and package == DEBIAN_SERVICE and debian_service_runs():
        # The package starts it on every interface, open to anybody, on port 5000.
        _run(["systemctl", "disable", "--now", DEBIAN_SERVICE], log)
    return installed


def _run(command: list[str], log: Path) -> bool:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("ab") as output:
        try:
            done = subprocess.run(  # noqa: S603 - our own command lines
                command,
                check=False,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0
