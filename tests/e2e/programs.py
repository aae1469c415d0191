"""The programs that these tests drive: found, or named with their Debian package."""

import os
import shutil

import pytest

PACKAGES = {
    "containerd": "containerd",
    "ctr": "containerd",
    "docker": "docker.io",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "podman": "podman",
    "skopeo": "skopeo",
}

# Debian's own first: its docker and dockerd fit each other.
SEARCH_PATH = os.pathsep.join(["/usr/bin", "/usr/sbin", os.environ.get("PATH", "")])


def require(program: str) -> str:
    """The path of `program`. Without it the test skips, or fails where CI=true."""
    path = shutil.which(program, path=SEARCH_PATH)
    if path is None:
        _give_up(f"{program} is missing: apt-get install {PACKAGES[program]}")
    return str(path)


def require_root(program: str) -> None:
    """`program` runs as root only. Otherwise the test skips, or fails where CI=true."""
    if os.geteuid() != 0:
        _give_up(f"{program} needs root: run these tests as root, or leave it out")


def _give_up(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
