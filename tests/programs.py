"""The programs that end-to-end tests drive, and the Debian packages they come in."""

import os
import shutil
import subprocess

PACKAGES = {
    "docker-registry": "docker-registry",
    "skopeo": "skopeo",
    "podman": "podman",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "ctr": "containerd",
    "openssl": "openssl",
}


def missing() -> dict[str, str]:
    """Programs that are not here, each with its package."""
    return {
        program: package
        for program, package in PACKAGES.items()
        if shutil.which(program) is None
    }


def install(packages: list[str]) -> None:
    """Install Debian packages where that can be done: as root, with apt-get."""
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install_command = ["apt-get", "install", "-y", "--no-install-recommends"]
    for command in (["apt-get", "update"], [*install_command, *sorted(packages)]):
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
