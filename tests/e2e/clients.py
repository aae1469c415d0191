"""The four clients behind one interface: log in, push, pull, say what was pulled."""

import json
import os
import secrets
import subprocess
import tarfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from quaysite.quickstart.oci_image import write_image
from tests.e2e.accounts import Account
from tests.programs import SEARCH_PATH

SECONDS = 120
TAG = "v1"


@dataclass(frozen=True)
class Outcome:
    """The exit code of a client, and both its outputs together."""

    code: int
    output: str

    @property
    def text(self) -> str:
        """The output without the quoting that skopeo's log lines add."""
        return self.output.replace("\\n", "\n").replace('\\"', '"')


class Client(ABC):
    """A client with a home of its own in `folder`, talking to `registry`."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder = folder
        self.registry = registry
        self.auth_file = folder / "auth.json"
        self.auth_file.write_text("{}")
        self.environment = {
            "PATH": SEARCH_PATH,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "REGISTRY_AUTH_FILE": str(self.auth_file),
        }

    def run(self, *command: str, stdin: str = "") -> Outcome:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def must(self, *command: str) -> str:
        """Run a step that has to work for the test to mean anything."""
        outcome = self.run(*command)
        assert outcome.code == 0, outcome.output
        return outcome.output.strip()

    def must_login(self, account: Account) -> None:
        outcome = self.login(account)
        assert outcome.code == 0, outcome.output

    def reference(self, repository: str) -> str:
        return f"{self.registry}/{repository}:{TAG}"

    def new_image(self) -> Path:
        """An OCI layout with a layer that no registry and no cache has seen."""
        folder = self.folder / f"image-{secrets.token_hex(4)}"
        write_image(folder, secrets.token_bytes(32))
        return folder

    @abstractmethod
    def login(self, account: Account) -> Outcome:
        """Log in, or where there is no such command, use this account from now on."""

    @abstractmethod
    def push(self, repository: str, image: Path | None = None) -> Outcome:
        """Push an image, a new one by default, and keep nothing of it."""

    @abstractmethod
    def pull(self, repository: str) -> Outcome: ...

    @abstractmethod
    def pulled_digest(self, repository: str) -> str:
        """The manifest digest of what the last pull brought."""


class Skopeo(Client):
    def login(self, account: Account) -> Outcome:
        return self.run(
            *("skopeo", "login", "--tls-verify=false", "-u", account.name),
            *("--password-stdin", self.registry),
            stdin=account.secret,
        )

    def push(self, repository: str, image: Path | None = None) -> Outcome:
        source = f"oci:{image or self.new_image()}:latest"
        return self.run(
            *("skopeo", "copy", "--dest-tls-verify=false"),
            *(source, f"docker://{self.reference(repository)}"),
        )

    def pull(self, repository: str) -> Outcome:
        return self.run(
            *("skopeo", "copy", "--src-tls-verify=false"),
            *(f"docker://{self.reference(repository)}", f"oci:{self._pulled}:latest"),
        )

    def pulled_digest(self, repository: str) -> str:
        index = json.loads((self._pulled / "index.json").read_text())
        return str(index["manifests"][-1]["digest"])

    def delete(self, repository: str) -> Outcome:
        reference = f"docker://{self.reference(repository)}"
        return self.run("skopeo", "delete", "--tls-verify=false", reference)

    @property
    def _pulled(self) -> Path:
        return self.folder / "pulled"


class Podman(Client):
    def __init__(self, folder: Path, registry: str) -> None:
        super().__init__(folder, registry)
        storage = folder / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\n'
            f'runroot = "{folder}/run"\n'
        )
        self.environment["CONTAINERS_STORAGE_CONF"] = str(storage)

    def login(self, account: Account, *options: str) -> Outcome:
        return self.run(
            *("podman", *options, "login", "--tls-verify=false", "-u", account.name),
            *("--password-stdin", self.registry),
            stdin=account.secret,
        )

    def push(self, repository: str, image: Path | None = None) -> Outcome:
        source = f"oci:{image or self.new_image()}:latest"
        identity = self.must("podman", "pull", "-q", source)
        outcome = self.run(
            *("podman", "push", "--tls-verify=false"),
            *(identity, f"docker://{self.reference(repository)}"),
        )
        self.must("podman", "rmi", "-f", identity)
        return outcome

    def pull(self, repository: str) -> Outcome:
        reference = self.reference(repository)
        return self.run("podman", "pull", "--tls-verify=false", reference)

    def pulled_digest(self, repository: str) -> str:
        reference = self.reference(repository)
        template = "{{.Digest}}"
        return self.must("podman", "image", "inspect", "--format", template, reference)

    def search(self, text: str) -> Outcome:
        """Look for repositories, which lists the registry's catalog."""
        term = f"{self.registry}/{text}"
        return self.run("podman", "search", "--tls-verify=false", term)


class Docker(Client):
    """docker with a dockerd of ours, which listens on `socket`."""

    def __init__(self, folder: Path, registry: str, socket: Path) -> None:
        super().__init__(folder, registry)
        self.environment["DOCKER_HOST"] = f"unix://{socket}"
        self.environment["DOCKER_CONFIG"] = str(folder)

    def login(self, account: Account) -> Outcome:
        return self.run(
            *("docker", "login", "-u", account.name, "--password-stdin"),
            self.registry,
            stdin=account.secret,
        )

    def push(self, repository: str, image: Path | None = None) -> Outcome:
        reference = self.reference(repository)
        layer = _layer(image or self.new_image())
        self.must("docker", "import", str(layer), reference)
        outcome = self.run("docker", "push", reference)
        self.must("docker", "rmi", reference)
        return outcome

    def pull(self, repository: str) -> Outcome:
        return self.run("docker", "pull", self.reference(repository))

    def pulled_digest(self, repository: str) -> str:
        template = "{{index .RepoDigests 0}}"
        reference = self.reference(repository)
        found = self.must("docker", "inspect", "--format", template, reference)
        return found.rpartition("@")[2]

    def identity_token(self) -> str | None:
        """The refresh token that login has kept, if it kept one."""
        config = json.loads((self.folder / "config.json").read_text())
        found = config["auths"][self.registry].get("identitytoken")
        return str(found) if found else None


class Ctr(Client):
    """containerd's own client, with a containerd of ours, which listens on `socket`."""

    def __init__(self, folder: Path, registry: str, socket: Path) -> None:
        super().__init__(folder, registry)
        self._images = ("ctr", "-a", str(socket), "-n", folder.name, "images")
        self._user: tuple[str, ...] = ()

    def login(self, account: Account) -> Outcome:
        self._user = ("--user", f"{account.name}:{account.secret}")
        return Outcome(0, "")

    def push(self, repository: str, image: Path | None = None) -> Outcome:
        archive = self.folder / "image.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(image or self.new_image(), arcname="")
        base = f"{self.registry}/{repository}"
        self.must(*self._images, "import", "--base-name", base, str(archive))
        local, reference = f"{base}:latest", self.reference(repository)
        outcome = self.run(
            *(*self._images, "push", "--plain-http", *self._user, reference, local)
        )
        self.must(*self._images, "rm", "--sync", local)
        return outcome

    def pull(self, repository: str) -> Outcome:
        return self.run(
            *(*self._images, "pull", "--plain-http", "--snapshotter", "native"),
            *(*self._user, self.reference(repository)),
        )

    def pulled_digest(self, repository: str) -> str:
        listing = self.must(*self._images, "ls", f"name=={self.reference(repository)}")
        return listing.splitlines()[1].split()[2]


def _layer(image: Path) -> Path:
    """The one layer of an OCI layout: a gzipped archive of a file system."""
    index = json.loads((image / "index.json").read_text())
    manifest = json.loads(_blob(image, index["manifests"][0]["digest"]).read_text())
    return _blob(image, manifest["layers"][0]["digest"])


def _blob(image: Path, digest: str) -> Path:
    return image / "blobs" / digest.replace(":", os.sep)
