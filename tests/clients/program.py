"""The script under test, run as its users run it: another process, an own home."""

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[2] / "clients" / "quaysite_login.py"

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJ5ZXMifQ.c2lnbmF0dXJlLWNhbmFyeQ"
"""What passes for an OIDC token; no run may show it."""

LOGIN = "quaysite-login"
DOCKER_HELPER = "docker-credential-quaysite"
KUBELET_PROVIDER = "quaysite-credential-provider"


@dataclass(frozen=True)
class Run:
    """How one run ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """The script in a home and with an environment of its own.

    Whatever is run, it must not show `secret`, unless `may_show_secret` says so.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.secret = JWT
        self.may_show_secret = False
        self.script = SCRIPT
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONWARNINGS": "error",
        }

    def run(
        self,
        *options: str,
        called: str = LOGIN,
        stdin: str | bytes = "",
        **variables: str,
    ) -> Run:
        """Run it under the name `called`, with `variables` in its environment."""
        done = subprocess.run(
            [sys.executable, self._linked(called), *options],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env={**self.environment, **variables},
            timeout=60,
            check=False,
        )
        run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in run.err, run.err
        if not self.may_show_secret:
            assert self.secret not in run.out + run.err
        return run

    def looking_in(self, folder: Path, instead_of: str) -> None:
        """From now on, run a copy that knows another folder than the system's."""
        assert instead_of in SCRIPT.read_text()
        text = SCRIPT.read_text().replace(instead_of, str(folder))
        self.script = self.home / "quaysite_login_elsewhere.py"
        self.script.write_text(text)

    def put_in_path(self, name: str, script: str) -> None:
        """Have the runs find a program `name`, which is a shell script."""
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        self.environment["PATH"] = f"{folder}:{os.environ['PATH']}"

    def _linked(self, called: str) -> Path:
        folder = self.home / "links"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / called).symlink_to(self.script)
        return folder / called


def logins(auth_file: Path) -> dict[str, str]:
    """What an auth file says: for each registry, `user:password`."""
    auths = json.loads(auth_file.read_text())["auths"]
    return {
        registry: base64.b64decode(entry["auth"]).decode()
        for registry, entry in auths.items()
    }
