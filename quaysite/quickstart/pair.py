"""Quaysite and a registry that trusts it: two servers that start and end together."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from quaysite.quickstart.child import Child
from quaysite.quickstart.ports import address
from quaysite.quickstart.registry import RegistryMissing, RegistryProcess
from quaysite.quickstart.supervisor import ignore_stop_signals
from registryauth import conf
from registryauth.registry_configuration import RegistryConfiguration


class Pair:
    """Both servers, their files in `folder`; `variables` change the site's settings.

    `registry` is None where this machine has no registry: Quaysite then runs alone.
    """

    def __init__(
        self,
        port: int,
        registry_port: int,
        folder: Path,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.site_address = address(port)
        self.registry_address = address(registry_port)
        self.log_folder = folder / "log"
        self.site = self._site(variables or {})
        self.registry: RegistryProcess | None = None
        try:
            self.registry = self._registry(folder / "registry")
        except RegistryMissing:
            return

    @property
    def children(self) -> list[Child]:
        return [self.site] if self.registry is None else [self.site, self.registry]

    def start(self) -> None:
        """Start both, and return once both answer. Raises OSError or ChildFailed."""
        for child in self.children:
            child.start()
        for child in self.children:
            child.wait_until_ready()

    def stop(self) -> None:
        """End both; the registry first, since it depends on the site."""
        for child in reversed(self.children):
            child.stop()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both run during this block, and no signal interrupts their end.

        Raises RegistryMissing where there is no registry, and what `start` raises.
        """
        if self.registry is None:
            raise RegistryMissing
        try:
            self.start()
            yield
        finally:
            ignore_stop_signals()
            self.stop()

    def _site(self, variables: Mapping[str, str]) -> Child:
        return Child(
            "Quaysite",
            [sys.executable, "manage.py", "serve"],
            self.log_folder / "quaysite.log",
            f"http://{self.site_address}/healthz",
            {
                "BIND": self.site_address,
                "SERVER_HOSTNAME": self.site_address,
                "PREFERRED_URL_SCHEME": "http",
                "REGISTRY_SERVICES": self.registry_address,
                "VAR_DIR": str(settings.VAR_DIR.resolve()),
                **variables,
            },
        )

    def _registry(self, folder: Path) -> RegistryProcess:
        configuration = RegistryConfiguration(
            address=self.registry_address,
            storage=(folder / "images").resolve(),
            realm=f"http://{self.site_address}/v2/auth",
            service=self.registry_address,
            issuer=conf.issuer(),
            folder=folder.resolve(),
        )
        return RegistryProcess(configuration, self.log_folder / "registry.log")


def prepare() -> None:
    """Bring the database, the static files and the signing key into being."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
