"""The programs that end-to-end tests drive, and the Debian packages they come in."""

import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = {
    "docker-registry": "docker-registry",
    "skopeo": "skopeo",
    "podman": "podman",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "ctr": "containerd",
    "containerd": "containerd",
    "openssl": "openssl",
    "npm": "npm",
    "chromium": "chromium",
    "redis-server": "redis-server",
    "jq": "jq",
    "curl": "curl",
    "git": "git",
    "wrk": "wrk",
    "initdb": "postgresql",
    "pgbouncer": "pgbouncer",
    "haproxy": "haproxy",
    "promtool": "prometheus",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
    "sqlite3": "sqlite3",
    "pg_dump": "postgresql-client",
}

# Debian's own first: its docker and dockerd fit each other.
SEARCH_PATH = os.pathsep.join(["/usr/bin", "/usr/sbin", os.environ.get("PATH", "")])


def find(program: str) -> str | None:
    """The path of `program`, or None."""
    return shutil.which(program, path=SEARCH_PATH) or _of_server(program)


def _of_server(program: str) -> str | None:
    """PostgreSQL's own programs are in a folder of their version; the newest has it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else None


def missing() -> dict[str, str]:
    """Programs that are not here, each with its package."""
    return {
        program: package
        for program, package in PACKAGES.items()
        if find(program) is None
    }


def install(packages: list[str]) -> None:
    """Install Debian packages where that can be done: as root, with apt-get."""
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install_command = ["apt-get", "install", "-y", "--no-install-recommends"]
    for command in (["apt-get", "update"], [*install_command, *sorted(packages)]):
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
