"""New files that only their owner can read, and new tokens in such files."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from robots.conf import registry_host
from robots.credentials import Secret
from robots.errors import DomainError
from robots.folders import sync
from robots.names import parse_robot_name
from robots.renderings import Login, docker_config, kubernetes_secret, pull_secret

FILE_MODE = 0o600

MAX_KUBERNETES_NAME = 253
"""Characters of an object's name in a cluster (RFC 1123 subdomain)."""

_FORMS: dict[str, tuple[str, Callable[[Login], str]]] = {
    # No line end: programs that read a whole file would send it with the token.
    "token": (".token", lambda login: login.token),
    "kubernetes": (".yaml", lambda login: kubernetes_secret(login) + "\n"),
    "docker": (".json", lambda login: docker_config(login) + "\n"),
}

FORMATS = tuple(_FORMS)


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A new file of mode 0600, on the disk when the block ends; gone if it raises.

    What is there already is never written to, nor is what a link leads to. Raises
    OSError where it cannot be made or written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    handle = os.open(path, flags, FILE_MODE)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        sync(path.parent)
    except BaseException:
        # Also where somebody types Ctrl-C: half a file looks like a whole one.
        path.unlink(missing_ok=True)
        raise


class SecretFiles:
    """Files of one format in one folder, called after the robots' full names."""

    def __init__(self, folder: Path, form: str) -> None:
        self._folder = folder
        self._form = form

    def paths(self, robots: Sequence[str]) -> list[Path]:
        """The file of each robot."""
        suffix, _ = _FORMS[self._form]
        return [self._folder / f"{robot}{suffix}" for robot in robots]

    def check(self, robots: Sequence[str]) -> None:
        """Raise DomainError unless the files of all these robots can be made."""
        if not self._folder.is_dir():
            raise DomainError(f"--secrets-dir: {self._folder} is no folder")
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise DomainError(f"--secrets-dir: {self._folder} cannot be written to")
        for path in self.paths(robots):
            if os.path.lexists(path):
                raise DomainError(f"--secrets-dir: {path} exists already")
        if self._form == "kubernetes":
            _check_objects(robots)

    def deliver(self, tokens: Sequence[tuple[str, Secret]]) -> None:
        """Write every file, or none. Raises DomainError where one cannot be written."""
        robots = [robot for robot, _ in tokens]
        self.check(robots)
        made: list[Path] = []
        try:
            for path, (robot, secret) in zip(self.paths(robots), tokens, strict=True):
                with new_file(path) as file:
                    file.write(self._content(robot, secret))
                made.append(path)
        except BaseException as error:
            for path in made:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise DomainError(
                    f"--secrets-dir: {path}: {error.strerror}; no token was changed"
                ) from None
            raise

    def _content(self, robot: str, secret: Secret) -> str:
        name = parse_robot_name(robot)
        if name is None:
            raise DomainError(f"{robot} is no name of a robot")
        _, written = _FORMS[self._form]
        return written(Login(name, registry_host(), secret))


def _check_objects(robots: Sequence[str]) -> None:
    """Refuse two robots whose Secrets would be one: the later one would win."""
    owners: dict[str, str] = {}
    for robot in robots:
        name = parse_robot_name(robot)
        secret = pull_secret(name) if name else robot
        if len(secret) > MAX_KUBERNETES_NAME:
            raise DomainError(f"{robot}: its name is too long for a Kubernetes Secret")
        first = owners.setdefault(secret, robot)
        if first != robot:
            raise DomainError(
                f"{first} and {robot} would both be the Kubernetes Secret {secret}:"
                " rotate one of them in another format"
            )
