"""The host project with the wheel in an environment of its own, and its server.

What the wheel needs is taken from this environment; the checkout is not on its path.
"""

import json
import os
import secrets
import subprocess
import sys
import sysconfig
import venv
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from supply.wheel import build
from tests.e2e.processes import Process, accepts_connections, free_address
from tests.supply.sources import copy

HOST = Path(__file__).resolve().parent


class Project:
    """A folder with environment and database; `address` is where it will be served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = free_address()
        self.python = folder / "venv" / "bin" / "python"
        kept = {name: os.environ[name] for name in ("PATH", "HOME")}
        self.variables = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "host.settings",
            "PYTHONPATH": str(HOST),
            "PYTHONSAFEPATH": "1",  # The current folder is the checkout.
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOST_DIR": str(folder),
            "HOST_ADDRESS": self.address,
            "HOST_SECRET_KEY": secrets.token_urlsafe(48),
            "HOST_ROBOTS_KEY": secrets.token_urlsafe(48),
        }
        self._install()

    def _install(self) -> None:
        wheel = build(copy(self.folder / "tree"), self.folder, 1_700_000_000)
        venv.create(self.folder / "venv")
        pip = [sys.executable, "-m", "pip", "--python", str(self.python)]
        options = ["--quiet", "--no-deps", "--no-index", "--no-compile"]
        subprocess.run([*pip, "install", *options, str(wheel)], check=True)
        (packages,) = (self.folder / "venv").glob("lib/*/site-packages")
        here = sysconfig.get_paths()["purelib"]
        (packages / "needed.pth").write_text(f"{here}\n")

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.python), "-m", "django", *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def run(self, code: str) -> Any:
        """What the last line that `code` prints says in JSON."""
        printed = self.manage("shell", "--no-imports", "-c", code)
        return json.loads(printed.splitlines()[-1])

    def serve(self) -> Process:
        command = [str(self.python), "-m", "gunicorn", "host.wsgi", "-b", self.address]
        server = Process("host", command, self.variables, self.folder)
        server.wait_until(lambda: accepts_connections(self.address))
        return server

    def ask(
        self,
        path: str,
        login: str = "",
        form: dict[str, str] | None = None,
        bearer: str = "",
    ) -> tuple[int, Any]:
        """Status and JSON of an answer; `login` is NAME:SECRET."""
        data = urlencode(form).encode() if form else None
        request = Request(f"http://{self.address}{path}", data=data)
        if login:
            basic = b64encode(login.encode()).decode()
            request.add_header("Authorization", f"Basic {basic}")
        if bearer:
            request.add_header("Authorization", f"Bearer {bearer}")
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)
