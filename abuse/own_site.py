"""A Quaysite to throw away: started by its commands, filled over its API."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abuse.asking import Answer, Asker, Limits
from abuse.needs import Api, Exchange, Issuer, Needs, Person, Robot
from abuse.options import Options
from abuse.origins import origin_of

CHECKOUT = Path(__file__).resolve().parent.parent
SERVICE = "abuse.registry.example"
_SECONDS = 300
_SCOPES = "org:admin repo:admin repo:create user:admin user:read"
_NAMES = ("alice", "mallory", "auditor")

_PEOPLE = """
import json, sys
from django.contrib.auth import get_user_model
from django.core.management import call_command

given = json.load(sys.stdin)
call_command("migrate", verbosity=0)
for name, password in given["people"].items():
    get_user_model().objects.create_user(name, password=password)
    call_command("create_oauth_token", name, scope=given["scope"], json=True)
"""
"""Run inside the site, before it is served: one process, as each takes a while."""


class NoSite(Exception):
    """It did not start; the text is what it said last."""


@dataclass(frozen=True)
class OwnSite:
    """Where it is, and who is on it."""

    url: str
    needs: Needs

    def agreeing(self, options: Options) -> Options:
        """It is ours, so anything may be changed."""
        return replace(options, allow_changes=True)


@contextmanager
def running() -> Iterator[OwnSite]:
    """A site with two namespaces, gone after this block. Raises NoSite."""
    if not (CHECKOUT / "manage.py").exists():
        raise NoSite("name a URL: there is no Quaysite beside this package")
    with tempfile.TemporaryDirectory(prefix="abuse-") as folder:
        address = _free_address()
        environment = _environment(folder, address)
        people = _people(environment)
        with _serving(environment, Path(folder), address):
            yield OwnSite(f"http://{address}", _peopled(people, address))


def _environment(folder: str, address: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "VAR_DIR": folder,
        "BIND": address,
        "SERVER_HOSTNAME": address,
        "REGISTRY_SERVICES": SERVICE,
        "LOG_LEVEL": "WARNING",
        "GLOBAL_READONLY_SUPER_USERS": "auditor",
        # The issuer of the kit has no certificate.
        "FEDERATION_ALLOW_LOOPBACK_HTTP": "true",
    }


def _people(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Of each person password and API token, in a new database. Raises NoSite."""
    # Longer than the 72 bytes that bcrypt reads.
    passwords = {name: secrets.token_urlsafe(66) for name in _NAMES}
    said = _manage(environment, _PEOPLE, {"people": passwords, "scope": _SCOPES})
    tokens = [json.loads(line)["token"] for line in said.splitlines()]
    return dict(zip(_NAMES, zip(passwords.values(), tokens, strict=True), strict=True))


def _manage(environment: Mapping[str, str], code: str, given: Any) -> str:
    """The stdout of code that runs inside the site. Raises NoSite."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "shell", "--no-imports", "-v0", "-c", code],
        cwd=CHECKOUT,
        env=dict(environment),
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise NoSite(f"the site could not be made: {done.stderr[-500:]}")
    return done.stdout


@contextmanager
def _serving(
    environment: Mapping[str, str], folder: Path, address: str
) -> Iterator[None]:
    """The server as it ships. Raises NoSite."""
    log = folder / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "manage.py", "serve"],
            cwd=CHECKOUT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait(process, address, log)
        yield
    finally:
        _stop(process)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        time.sleep(0.05)
    raise NoSite(f"the server did not start: {log.read_text()[-500:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)


def _free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


class _Seeding:
    """Calls of the API that have to succeed."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/api/v1"
        self._asker = Asker({origin_of(url)}, Limits())

    def call(
        self, method: str, path: str, token: str = "", document: Any = None
    ) -> Any:
        """The document in the answer. Raises NoSite."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer: Answer = self._asker.ask(
            f"{self.url}{path}", method=method, headers=headers, document=document
        )
        if answer.status not in (200, 201):
            raise NoSite(f"{method} {path}: {answer.status} {answer.text[:300]}")
        return answer.json

    def repository(self, token: str, namespace: str, name: str) -> str:
        """A private repository; its full name."""
        said = {"namespace": namespace, "repository": name,
                "visibility": "private", "description": ""}  # fmt: skip
        self.call("POST", "/repository", token, said)
        return f"{namespace}/{name}"

    def robot(self, token: str, namespace: str) -> Robot:
        """A robot that may pull one of two private repositories."""
        shared = self.repository(token, namespace, "web")
        vault = self.repository(token, namespace, "vault")
        path = f"/organization/{namespace}/robots/ci"
        secret = self.call("PUT", path, token, {})["token"]
        granting = f"/repository/{shared}/permissions/user/{namespace}+ci"
        self.call("PUT", granting, token, {"role": "read"})
        return Robot(f"{namespace}+ci", secret, shared, ("pull",), vault)


def _peopled(people: Mapping[str, tuple[str, str]], address: str) -> Needs:
    """Two namespaces with an owner each, and what is in them. Raises NoSite."""
    url = f"http://{address}"
    seeding = _Seeding(url)
    password, alice = people["alice"]
    mallory, auditor = people["mallory"][1], people["auditor"][1]
    for namespace, token in (("acme", alice), ("globex", mallory)):
        said = {"name": namespace, "email": f"{namespace}@abuse.example"}
        seeding.call("POST", "/organization/", token, said)
    return Needs(
        robot=seeding.robot(alice, "acme"),
        other_robot=seeding.robot(mallory, "globex"),
        person=Person("alice", password),
        api=Api(seeding.url, "acme", alice, "globex", mallory, auditor),
        exchange=Exchange(url=f"{url}/oauth2/federation/robot/token"),
        issuer=Issuer(),
    )
