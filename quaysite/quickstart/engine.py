"""The registry's official image in docker or podman, where no binary is installed."""

import os
import shutil
import subprocess
from pathlib import Path

ENGINES = ("docker", "podman")
IMAGE = "registry:2"

PULL_SECONDS = 300
"""How long a first start may take, which fetches the image."""

_SECONDS = 20


class Container:
    """A registry in a container; it sees `folders` under their own paths."""

    def __init__(self, engine: str, name: str, folders: list[Path]) -> None:
        self._engine = engine
        self._name = name
        # Both serve 127.0.0.1 of the host itself; its files belong to this user.
        user = [] if engine.endswith("podman") else ["--user", _user()]
        volumes = [f"--volume={folder}:{folder}" for folder in folders]
        self.command = [
            *(engine, "run", "--rm", "--name", name, "--network", "host"),
            *("--security-opt", "label=disable", *user, *volumes),
            *(IMAGE, "serve"),
        ]

    def remove(self) -> None:
        """Remove what a client that was killed would leave running."""
        _run([self._engine, "rm", "--force", self._name])


def find_engine() -> str | None:
    """The path of an engine that works for this user, or None."""
    for name in ENGINES:
        path = shutil.which(name)
        if path and _run([path, "info"]):
            return path
    return None


def _user() -> str:
    return f"{os.getuid()}:{os.getgid()}"


def _run(command: list[str]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - our own command lines
            command, check=False, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
