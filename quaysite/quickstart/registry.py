"""A Distribution registry beside the site, from whatever this machine has."""

import os
import shutil
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from quaysite.quickstart import engine
from quaysite.quickstart.child import Child
from registryauth.registry_configuration import RegistryConfiguration

BINARIES = ("docker-registry", "registry")
"""Debian's name of the program, then that of everybody else."""


def find_registry() -> list[str] | None:
    """The command of an installed registry, to which a configuration is added."""
    for binary in BINARIES:
        if path := shutil.which(binary):
            return [path, "serve"]
    return None


class RegistryProcess(Child):
    """A registry with its own configuration, from a binary or in a container.

    Raises RegistryMissing if this machine has neither.
    """

    def __init__(self, configuration: RegistryConfiguration, log: Path) -> None:
        self._configuration = configuration
        self._container: engine.Container | None = None
        command = find_registry()
        if command is None:
            self._container = _container(configuration)
            self.start_seconds = engine.PULL_SECONDS
            command = self._container.command
        super().__init__(
            "the registry",
            [*command, str(configuration.folder / "config.yml")],
            log,
            f"http://{configuration.address}/v2/",
            # It would take each REGISTRY_* for a setting of its own; podman's
            # REGISTRY_AUTH_FILE keeps it from starting.
            {name: None for name in os.environ if name.startswith("REGISTRY_")},
        )

    def start(self) -> None:
        """Write the configuration and the key files, then start. Raises OSError."""
        self._configuration.storage.mkdir(parents=True, exist_ok=True)
        write_key_files(self._configuration.folder)
        text = self._configuration.as_yaml()
        (self._configuration.folder / "config.yml").write_text(text)
        super().start()

    def stop(self) -> None:
        super().stop()
        if self._container:
            self._container.remove()


class RegistryMissing(Exception):
    """Neither a registry nor a container engine that works."""


def write_key_files(folder: Path) -> None:
    """This site's public keys, written by the command that operators use.

    Raises CommandError.
    """
    # Its standard output is the configuration of one registry; ours may differ.
    call_command(
        "registry_config", directory=folder, stdout=StringIO(), stderr=StringIO()
    )


def _container(configuration: RegistryConfiguration) -> engine.Container:
    name = engine.find_engine()
    if name is None:
        raise RegistryMissing
    return engine.Container(
        name,
        f"quaysite-registry-{configuration.address.rpartition(':')[2]}",
        [configuration.folder, configuration.storage],
    )
