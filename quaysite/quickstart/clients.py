"""skopeo and podman, as a person would type them; what they said comes back.

Passwords go in by standard input, so that no list of processes shows them.
"""

import json
import os
import shlex
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from robots.credentials import Secret

_PULLED = "pulled"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Result:
    """A finished command line, its exit code, and all that it printed."""

    command: str
    code: int
    output: str


class Client(ABC):
    """A registry client that knows one registry, and works in `folder`.

    Logins are kept apart by robot, so that each command runs as the robot it names.
    """

    name = ""
    debug_option = ""

    def __init__(self, path: str, registry: str, folder: Path) -> None:
        self._path = path
        self._registry = registry
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def login(self, robot: str, secret: Secret, *, debug: bool = False) -> Result:
        """Log in as `robot`; with `debug`, the output holds the server's message."""
        return self._run(
            [
                *([self.debug_option] if debug else []),
                *("login", "--tls-verify=false", "--authfile", self._login_of(robot)),
                *("-u", robot, "--password-stdin", self._registry),
            ],
            secret,
        )

    @abstractmethod
    def push(self, robot: str, image: str, repository: str) -> Result:
        """Copy the OCI layout `image`, in this client's folder, to `repository`."""

    @abstractmethod
    def pull(self, robot: str, repository: str) -> Result:
        """Copy tag latest of `repository` to this machine."""

    @abstractmethod
    def pulled(self) -> str:
        """The digest of the configuration of the image that `pull` brought, or ""."""

    def _login_of(self, robot: str) -> str:
        file = self.folder / f"{robot}.json"
        if not file.exists():  # podman demands it, even to ask anonymously
            file.write_text("{}")
        return file.name

    def _run(self, arguments: Sequence[str], secret: Secret | None = None) -> Result:
        done = subprocess.run(  # noqa: S603 - our own command lines
            [self._path, *arguments],
            check=False,
            cwd=self.folder,
            env={**os.environ, **self._variables()},
            input=secret.reveal() if secret else "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
        shown = shlex.join([self.name, *arguments])
        return Result(
            f"echo *** | {shown}" if secret else shown,
            done.returncode,
            done.stdout.replace(secret.reveal(), "***") if secret else done.stdout,
        )

    def _variables(self) -> dict[str, str]:
        return {}


class Skopeo(Client):
    name = "skopeo"
    debug_option = "--debug"

    def push(self, robot: str, image: str, repository: str) -> Result:
        return self._run(
            [
                *("copy", "--authfile", self._login_of(robot)),
                *("--dest-tls-verify=false", f"oci:{image}:latest"),
                f"docker://{self._registry}/{repository}:latest",
            ]
        )

    def pull(self, robot: str, repository: str) -> Result:
        shutil.rmtree(self.folder / _PULLED, ignore_errors=True)
        return self._run(
            [
                *("copy", "--authfile", self._login_of(robot)),
                *("--src-tls-verify=false",),
                f"docker://{self._registry}/{repository}:latest",
                f"oci:{_PULLED}:latest",
            ]
        )

    def pulled(self) -> str:
        layout = self.folder / _PULLED
        return configuration_digest(layout) if layout.is_dir() else ""


class Podman(Client):
    """podman with a store of images of its own, beside the user's."""

    name = "podman"
    debug_option = "--log-level=debug"

    def push(self, robot: str, image: str, repository: str) -> Result:
        loaded = self._run(["pull", "--quiet", f"oci:{image}:latest"])
        if loaded.code != 0:
            return loaded
        return self._run(
            [
                *("push", "--tls-verify=false", "--authfile", self._login_of(robot)),
                loaded.output.strip(),
                f"docker://{self._registry}/{repository}:latest",
            ]
        )

    def pull(self, robot: str, repository: str) -> Result:
        self._run(["rmi", "--all", "--force"])
        return self._run(
            [
                *("pull", "--tls-verify=false", "--authfile", self._login_of(robot)),
                f"{self._registry}/{repository}:latest",
            ]
        )

    def pulled(self) -> str:
        ids = self._run(["images", "--quiet", "--no-trunc"]).output.split()
        return ids[0] if ids else ""

    def _variables(self) -> dict[str, str]:
        configuration = self.folder / "storage.conf"
        configuration.write_text(
            '[storage]\ndriver = "vfs"\n'
            f"graphroot = {json.dumps(str(self.folder / 'images'))}\n"
            f"runroot = {json.dumps(str(self.folder / 'run'))}\n"
        )
        return {"CONTAINERS_STORAGE_CONF": str(configuration)}


CLIENTS: dict[str, type[Client]] = {"skopeo": Skopeo, "podman": Podman}
"""By name of the program and of Debian's package; the first is preferred."""


def find_client(names: Sequence[str]) -> tuple[type[Client], str] | None:
    """The first of these clients that is installed, and its path."""
    for name in names:
        if path := shutil.which(name):
            return CLIENTS[name], path
    return None


def configuration_digest(layout: Path) -> str:
    """The digest of the configuration of the one image in an OCI layout."""
    index = json.loads((layout / "index.json").read_text())
    algorithm, _, value = index["manifests"][0]["digest"].partition(":")
    manifest = json.loads((layout / "blobs" / algorithm / value).read_text())
    digest: str = manifest["config"]["digest"]
    return digest
