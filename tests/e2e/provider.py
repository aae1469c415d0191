"""A certified identity provider as a process, and the jobs that get tokens from it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import npm
from tests.e2e.accounts import Account
from tests.e2e.endpoint import Answer, request
from tests.e2e.processes import Process, accepts_connections, free_address
from tests.e2e.programs import require_npm_packages
from tests.programs import SEARCH_PATH


class Provider:
    """npm's `oidc-provider` on a free port of the loopback address, in plain HTTP."""

    def __init__(self, folder: Path) -> None:
        self.address = free_address()
        self.issuer = f"http://{self.address}"
        self._folder = folder

    @contextmanager
    def running(self) -> Iterator["Provider"]:
        """The provider runs during this block, and is gone after it."""
        packages = require_npm_packages()
        # Node looks for packages beside the file that imports them.
        if not (link := self._folder / "node_modules").exists():
            link.symlink_to(packages)
        server = shutil.copy(npm.PROVIDER / "server.mjs", self._folder)
        port = self.address.rpartition(":")[2]
        command = [str(packages / ".bin" / "node"), str(server), port]
        environment = {"PATH": SEARCH_PATH, "HOME": str(self._folder)}
        process = Process("provider", command, environment, self._folder)
        try:
            process.wait_until(lambda: accepts_connections(self.address))
            yield self
        finally:
            process.stop()

    def document(self, path: str) -> Any:
        """A JSON document that it publishes."""
        return _ok(request("GET", self.address, path)).json

    def register(self, **metadata: Any) -> Account:
        """A new client (RFC 7591); server.mjs says what it may say of itself."""
        answer = request("POST", self.address, "/reg", document=metadata)
        made = _ok(answer).json
        return Account(made["client_id"], made["client_secret"])

    def know(self, login: str, **claims: Any) -> None:
        """What it says of whoever signs in as `login`, which is also the subject."""
        _ok(request("PUT", self.address, f"/people/{login}", document=claims))

    def new_job(
        self, algorithm: str = "RS256", seconds: int = 300, **claims: str
    ) -> Account:
        """A client that gets tokens for itself; its name is the subject of them.

        They are signed with `algorithm`, live for `seconds`, and carry `claims` too.
        """
        return self.register(
            grant_types=["client_credentials"],
            redirect_uris=[],
            response_types=[],
            access_token_alg=algorithm,
            access_token_seconds=seconds,
            access_token_claims=claims,
        )

    def token(self, job: Account, **form: str) -> str:
        """A new token of `job` by the client credentials grant (RFC 6749, 4.4).

        `resource` chooses its audience (RFC 8707).
        """
        answer = request(
            "POST",
            self.address,
            "/token",
            headers={"Authorization": f"Basic {job.basic}"},
            form={"grant_type": "client_credentials", **form},
        )
        return str(_ok(answer).json["access_token"])


def _ok(answer: Answer) -> Answer:
    assert answer.status in {200, 201}, answer.text
    return answer
