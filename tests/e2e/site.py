"""A whole Quaysite: its server, and a registry that trusts its tokens."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.accounts import Account, Canaries
from tests.e2e.databases import Database
from tests.e2e.processes import (
    CHECKOUT,
    Process,
    accepts_connections,
    free_address,
)
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

COMMAND_SECONDS = 60


class Site:
    """Our server and docker-registry on free ports; `settings` are its environment.

    `address` is where the site listens, `registry` where the registry does; the
    registry's address is also the service that tokens are for.
    """

    def __init__(
        self, name: str, folder: Path, database: Database, **settings: str
    ) -> None:
        self.name = name
        self.folder = folder
        self.database = database
        self.canaries = Canaries()
        self.address = free_address()
        self.registry = free_address()
        self.logs = folder / "logs"
        self.logs.mkdir(exist_ok=True)
        self._environment = {
            "PATH": SEARCH_PATH,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "VAR_DIR": str(folder),
            "DATABASE_URL": database.url,
            "BIND": self.address,
            "SERVER_HOSTNAME": self.address,
            "REGISTRY_SERVICES": self.registry,
            "WORKERS": "3",
            # The most talkative logs, since they are searched for secrets (S-28).
            "LOG_LEVEL": "DEBUG",
            # The identity provider of these tests has no certificate.
            "FEDERATION_ALLOW_LOOPBACK_HTTP": "true",
            **settings,
        }
        self._running: dict[str, Process] = {}

    def sibling(
        self, name: str, *, database: Database | None = None, **settings: str
    ) -> "Site":
        """A further site with the same secrets and, unless given, the same database."""
        other = Site(name, self.folder, database or self.database, **settings)
        other.canaries = self.canaries
        return other

    @contextmanager
    def running(self) -> Iterator["Site"]:
        """Both servers run during this block, and are gone after it."""
        try:
            self.start_registry()
            self.start_server()
            yield self
        finally:
            self._stop()

    @contextmanager
    def serving(self) -> Iterator["Site"]:
        """As `running`, without a registry."""
        try:
            self.start_server()
            yield self
        finally:
            self._stop()

    def _stop(self) -> None:
        for process in self._running.values():
            process.stop()

    def start_server(self) -> None:
        """Start the server as it ships; a running one is replaced."""
        command = [sys.executable, "manage.py", "serve"]
        self._start("server", command, self.address)

    def stop_server(self) -> None:
        """End the server as its operator does."""
        self._running.pop("server").stop()

    def kill_server(self) -> None:
        """End the server and its workers with SIGKILL."""
        self._running.pop("server").kill()

    @property
    def server_pid(self) -> int:
        """Of the server's first process, whose children its workers are."""
        return self._running["server"].pid

    def start_registry(self) -> None:
        """Start the registry with the keys of this moment; a running one is replaced.

        Its configuration is the one that `manage.py registry_config` prints.
        """
        home = self.registry_folder
        text = self.manage(
            *("registry_config", "--addr", self.registry),
            *("--storage", str(home / "images"), "--directory", str(home)),
        )
        (home / "config.yml").write_text(text)
        command = [require("docker-registry"), "serve", str(home / "config.yml")]
        self._start("registry", command, self.registry)

    def stop_registry(self) -> None:
        """End the registry; who it answers just then is cut off."""
        self._running.pop("registry").stop()

    def _start(self, role: str, command: list[str], address: str) -> None:
        if old := self._running.pop(role, None):
            old.stop()
        process = Process(f"{self.name}-{role}", command, self._environment, self.logs)
        self._running[role] = process
        process.wait_until(lambda: accepts_connections(address))

    @property
    def registry_folder(self) -> Path:
        """Where the registry's configuration, key files and images are."""
        return self.folder / f"registry-{self.name}"

    def manage(
        self, *arguments: str, stdin: str = "", code: int = 0, **settings: str
    ) -> str:
        """Run `manage.py` with the site's environment; its stdout.

        Raises AssertionError, with what it wrote to stderr, if it ends otherwise.
        """
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env={**self._environment, **settings},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == code, f"manage.py {arguments[0]}: {done.stderr}"
        return done.stdout

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function of `tests.e2e.stage` inside the site; its JSON answer."""
        code = f"from tests.e2e import stage; stage.answer(stage.{function})"
        return json.loads(
            self.manage("shell", "-v0", "-c", code, stdin=json.dumps(arguments))
        )

    def account(self, name: str, secret: str) -> Account:
        """An account whose secret no log may hold."""
        account = Account(name, secret)
        self.canaries.add_account(account)
        return account

    def access_log(self) -> str:
        """What the server has written about requests so far."""
        return (self.logs / f"{self.name}-server.out").read_text()

    def application_log(self) -> str:
        """What the site has written about its decisions so far."""
        return (self.logs / f"{self.name}-server.err").read_text()

    def registry_log(self) -> str:
        """What the registry has written so far: requests, and why it refused some."""
        return "".join(
            (self.logs / f"{self.name}-registry.{end}").read_text()
            for end in ("out", "err")
        )
