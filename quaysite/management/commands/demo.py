"""Tell a story with a real registry client, and prove that each step is true."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from quaysite.quickstart import debian, own_site
from quaysite.quickstart.child import ChildFailed
from quaysite.quickstart.clients import CLIENTS, find_client
from quaysite.quickstart.ports import DEBIAN_SERVICE, port_number
from quaysite.quickstart.registry import RegistryMissing, find_registry
from quaysite.quickstart.running import is_running
from quaysite.quickstart.stage import MakeClient, perform
from quaysite.quickstart.supervisor import StopRequested, stop_signals
from robots.errors import DomainError


class Command(BaseCommand):
    help = (
        "Log in, push, pull, be denied, regenerate and disallow with skopeo or podman,"
        " and check what comes back. Uses the servers of `make run` if they are up,"
        " else starts its own on free ports, with a temporary database."
        " Exit codes: 0 all as told, 1 something differs or could not be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for option, default in ("--port", 8000), ("--registry-port", 5000):
            parser.add_argument(
                option,
                type=port_number,
                default=default,
                help="where `make run` may be running (default: %(default)s)",
            )
        parser.add_argument(
            "--client", choices=CLIENTS, help="default: the first that is installed"
        )
        parser.add_argument(
            "--on-this-site",
            action="store_true",
            help="start both servers on this site's database, whatever else runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ports = options["port"], options["registry_port"]
        names = [options["client"]] if options["client"] else list(CLIENTS)
        client = self._client(names)
        self._install_registry()
        if options["on_this_site"]:
            self._perform(None, client)
        elif is_running(*ports):
            self._perform(ports, client)
        else:
            chosen = ["--client", options["client"]] if options["client"] else []
            sys.exit(own_site.run_there(["demo", "--on-this-site", *chosen]))

    def _perform(self, ports: tuple[int, int] | None, client: MakeClient) -> None:
        with stop_signals():
            try:
                failed = perform(ports, client, self._say)
            except StopRequested:
                raise CommandError("stopped before the end") from None
            except RegistryMissing:
                raise CommandError(
                    f"there is no registry here: apt-get install {DEBIAN_SERVICE}"
                ) from None
            except (ChildFailed, OSError) as error:
                raise CommandError(str(error)) from None
            except DomainError as error:
                raise CommandError(error.message) from None
        if failed:
            raise CommandError("not as told:\n" + "\n".join(failed))
        self.stdout.write(self.style.SUCCESS("\nEvery step went as told."))

    def _client(self, names: Sequence[str]) -> MakeClient:
        found = find_client(names)
        if found is None and self._install(names[0]):
            found = find_client(names)
        if found is None:
            raise CommandError(
                f"the demo needs {' or '.join(names)}: apt-get install {names[0]}"
            )
        kind, path = found
        return partial(kind, path)

    def _install_registry(self) -> None:
        if find_registry() is None:
            self._install(DEBIAN_SERVICE)

    def _install(self, package: str) -> bool:
        return debian.offer(package, settings.VAR_DIR / "log", self._say)

    def _say(self, text: str) -> None:
        # At once, also where the output is a file: somebody is waiting for it.
        self.stdout.write(text)
        self.stdout.flush()
