"""A robot's name and token in the form that each kind of client takes.

Pure: no database, no clock, no network. Without a secret every form has `***` where
the secret would be, so that it can be shown to be recognised. The formats are
Quay's (contract section 7).
"""

import base64
import gzip
import io
import json
import re
import tarfile
from dataclasses import dataclass
from enum import StrEnum

from robots.credentials import Secret
from robots.names import RobotName

MASK = "***"

NAMESPACE_HERE = "NAMESPACEHERE"
"""Stands in the kubectl line for the name of a namespace of the cluster."""

_OTHER = re.compile(r"[^a-zA-Z0-9]")


class Scope(StrEnum):
    """For which images a client shows the token.

    The docker command line knows hosts only, and passes over a key with a path.
    """

    REGISTRY = "registry"
    NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in where. `secret` is None where it must not be shown."""

    robot: RobotName
    host: str
    secret: Secret | None = None

    @property
    def token(self) -> str:
        return self.secret.reveal() if self.secret else MASK

    @property
    def basic(self) -> str:
        """Name and token as HTTP Basic has them (RFC 7617)."""
        return _base64(f"{self.robot}:{self.token}") if self.secret else MASK


@dataclass(frozen=True, slots=True)
class File:
    """Something to download."""

    name: str
    content_type: str
    content: bytes


def stem(robot: RobotName) -> str:
    """What names of files and of Kubernetes secrets begin with."""
    return _OTHER.sub("-", str(robot)).removeprefix("-")


def docker_config(login: Login, scope: Scope = Scope.REGISTRY) -> str:
    """The JSON of `~/.docker/config.json`."""
    key = login.host
    if scope is Scope.NAMESPACE:
        key = f"{login.host}/{login.robot.namespace}"
    return json.dumps({"auths": {key: {"auth": login.basic, "email": ""}}}, indent=2)


def kubernetes_secret(login: Login, scope: Scope = Scope.REGISTRY) -> str:
    """The YAML of a secret that pods pull images with."""
    config = _base64(docker_config(login, scope)) if login.secret else MASK
    return "\n".join(
        (
            "apiVersion: v1",
            "kind: Secret",
            "metadata:",
            f"  name: {pull_secret(login.robot)}",
            "data:",
            f"  .dockerconfigjson: {config}",
            "type: kubernetes.io/dockerconfigjson",
        )
    )


def pull_secret(robot: RobotName) -> str:
    """The name that pods refer to the Kubernetes secret by."""
    return f"{stem(robot)}-pull-secret"


def kubectl_line(robot: RobotName, namespace: str = NAMESPACE_HERE) -> str:
    """The command that puts the downloaded secret into a namespace of the cluster."""
    return f"kubectl create -f {stem(robot)}-secret.yml --namespace={namespace}"


def pod(login: Login) -> str:
    """The YAML of a pod that pulls its image with the secret."""
    return "\n".join(
        (
            "apiVersion: v1",
            "kind: Pod",
            "metadata:",
            "  name: somepod",
            "  namespace: all",
            "spec:",
            "  containers:",
            "    - name: web",
            f"      image: {login.host}/{login.robot.namespace}/somerepo",
            "  imagePullSecrets:",
            f"    - name: {pull_secret(login.robot)}",
        )
    )


def podman_line(login: Login) -> str:
    """The command by which podman logs in, secret included."""
    return f"podman {_login_words(login)}"


def docker_line(login: Login) -> str:
    """The command by which docker logs in, secret included."""
    return f"docker {_login_words(login)}"


def _login_words(login: Login) -> str:
    name, token = _quoted(str(login.robot)), _quoted(login.token)
    return f"login -u={name} -p={token} {login.host}"


def _quoted(text: str) -> str:
    """One word of a shell, whatever is in it: imported tokens are of any text."""
    return "'" + text.replace("'", r"'\''") + "'"


def kubernetes_file(login: Login, scope: Scope) -> File:
    text = kubernetes_secret(login, scope)
    name = f"{stem(login.robot)}-secret.yml"
    return File(name, "application/yaml", text.encode())


def docker_file(login: Login, scope: Scope) -> File:
    text = docker_config(login, scope)
    name = f"{stem(login.robot)}-auth.json"
    return File(name, "application/json", text.encode())


def mesos_file(login: Login, scope: Scope = Scope.REGISTRY) -> File:
    """An archive that Mesos unpacks in a task's sandbox; of the whole registry."""
    config = docker_config(login).encode()
    packed = io.BytesIO()
    # No time of making in it: the same login is the same file.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        entry = tarfile.TarInfo(".docker/config.json")
        entry.size, entry.mode = len(config), 0o600
        archive.addfile(entry, io.BytesIO(config))
    name = f"{stem(login.robot)}-auth.tar.gz"
    return File(name, "application/gzip", packed.getvalue())


FILES = {
    "kubernetes": kubernetes_file,
    "docker": docker_file,
    "mesos": mesos_file,
}
"""What can be downloaded, by the word that asks for it."""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
