"""Set up a site with demo data, and run it with a registry until told to stop."""

import os
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from quaysite.quickstart import debian, demo_data
from quaysite.quickstart.banner import IMAGE, Facts, banner
from quaysite.quickstart.child import ChildFailed
from quaysite.quickstart.oci_image import write_image
from quaysite.quickstart.pair import Pair, prepare
from quaysite.quickstart.ports import (
    DEBIAN_SERVICE,
    PortUnusable,
    port_number,
    require_free,
)
from quaysite.quickstart.registry import find_registry
from quaysite.quickstart.supervisor import (
    StopRequested,
    ignore_stop_signals,
    stop_signals,
    wait_for_end,
)
from robots.credentials import Secret
from robots.errors import DomainError


class Command(BaseCommand):
    help = (
        "Set up this site with the organization acme and two robots, then run it on"
        " 127.0.0.1 with a registry that trusts it, until Ctrl-C. For trying Quaysite"
        " out; `make run` calls it."
        " Exit codes: 0 stopped by a signal, 1 not started, or a server ended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=port_number,
            default=8000,
            help="Quaysite's (default: %(default)s)",
        )
        parser.add_argument(
            "--registry-port",
            type=port_number,
            default=5000,
            help="the registry's (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with stop_signals():
            try:
                self._run(options["port"], options["registry_port"])
            except StopRequested:
                with suppress(OSError):  # the terminal may be gone
                    self._say("\nStopped.")
            except (PortUnusable, ChildFailed, OSError) as error:
                raise CommandError(str(error)) from None
            except DomainError as error:
                raise CommandError(error.message) from None

    def _run(self, port: int, registry_port: int) -> None:
        if port == registry_port:
            raise PortUnusable(
                f"PORT and REGISTRY_PORT are both {port}: let them differ"
            )
        require_free(port, "PORT")
        require_free(registry_port, "REGISTRY_PORT")
        prepare()
        secrets = demo_data.ensure_organization()
        self._install_registry()
        pair = Pair(port, registry_port, settings.VAR_DIR.resolve())
        try:
            pair.start()
            self._say(banner(self._facts(pair, secrets)))
            ended = wait_for_end(pair.children)
            raise CommandError(
                f"{ended.name} ended with code {ended.exit_code()}: see {ended.log}"
            )
        finally:
            ignore_stop_signals()
            pair.stop()

    def _install_registry(self) -> None:
        if find_registry() is None:
            logs = settings.VAR_DIR / "log"
            debian.offer(DEBIAN_SERVICE, logs, self._say)

    def _say(self, text: str) -> None:
        # At once, also where the output is a file: somebody is waiting for it.
        self.stdout.write(text)
        self.stdout.flush()

    def _facts(self, pair: Pair, secrets: dict[str, Secret]) -> Facts:
        folder = settings.VAR_DIR.resolve()
        if not (folder / IMAGE / "index.json").exists():
            # Of this site alone: clients remember layers, and where they saw them.
            write_image(folder / IMAGE, os.urandom(16).hex().encode())
        return Facts(
            site=pair.site_address,
            registry=pair.registry_address if pair.registry else None,
            admin_password=demo_data.ensure_admin(),
            writer_secret=_secret(secrets, demo_data.WRITER),
            reader_secret=_secret(secrets, demo_data.READER),
            folder=folder,
            logs=pair.log_folder,
        )


def _secret(new: dict[str, Secret], shortname: str) -> Secret | None:
    full_name = f"{demo_data.ORGANIZATION}+{shortname}"
    return new.get(full_name) or demo_data.stored_secret(shortname)
