"""Clients that believe one certificate authority, and plain HTTPS beside them."""

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.accounts import Account
from tests.e2e.clients import Outcome, Podman, Skopeo
from tests.e2e.endpoint import Answer

SECONDS = 30


class SecureSkopeo(Skopeo):
    """skopeo, which verifies the certificate of its registry."""

    authority: Path

    def login(self, account: Account) -> Outcome:
        return self.run(
            *("skopeo", "login", "--cert-dir", self._trusted, "-u", account.name),
            *("--password-stdin", self.registry),
            stdin=account.secret,
        )

    def push(self, repository: str, image: Path | None = None) -> Outcome:
        source = f"oci:{image or self.new_image()}:latest"
        return self.run(
            *("skopeo", "copy", "--dest-cert-dir", self._trusted),
            *(source, f"docker://{self.reference(repository)}"),
        )

    def pull(self, repository: str) -> Outcome:
        return self.run(
            *("skopeo", "copy", "--src-cert-dir", self._trusted),
            *(f"docker://{self.reference(repository)}", f"oci:{self._pulled}:latest"),
        )

    @property
    def _trusted(self) -> str:
        return trusted_folder(self.folder, self.authority)


class SecurePodman(Podman):
    """podman, which verifies the certificate of its registry."""

    authority: Path

    def login(self, account: Account, *options: str) -> Outcome:
        return self.run(
            *("podman", *options, "login", "--cert-dir", self._trusted),
            *("-u", account.name, "--password-stdin", self.registry),
            stdin=account.secret,
        )

    def pull(self, repository: str) -> Outcome:
        reference = self.reference(repository)
        return self.run("podman", "pull", "--cert-dir", self._trusted, reference)

    @property
    def _trusted(self) -> str:
        return trusted_folder(self.folder, self.authority)


def trusted_folder(folder: Path, authority: Path) -> str:
    """A folder with the authority alone, as these clients want it."""
    trusted = folder / "trusted"
    trusted.mkdir(exist_ok=True)
    (trusted / "ca.crt").write_bytes(authority.read_bytes())
    return str(trusted)


class Secure:
    """HTTPS to `address`, by a connection of its own for each request."""

    def __init__(self, address: str, authority: Path) -> None:
        self.address = address
        self._context = ssl.create_default_context(cafile=str(authority))

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
    ) -> Answer:
        connection = http.client.HTTPSConnection(
            self.address, timeout=SECONDS, context=self._context
        )
        try:
            connection.request(method, path, body, headers=dict(headers or {}))
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            return Answer(response.status, response.headers, text)
        finally:
            connection.close()
