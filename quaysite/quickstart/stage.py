"""Where the demo's story plays: the servers, the clients and the folder it needs."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from quaysite.quickstart.cast import cast
from quaysite.quickstart.clients import Client
from quaysite.quickstart.pair import Pair, prepare
from quaysite.quickstart.ports import address, free_ports
from quaysite.quickstart.story import Story
from quaysite.quickstart.telling import tell

MakeClient = Callable[[str, Path], Client]
"""A client of the registry at an address, with its files in a folder."""


def perform(
    ports: tuple[int, int] | None, client: MakeClient, say: Callable[[str], object]
) -> list[str]:
    """Play the story; the titles of the steps that went otherwise.

    `ports` are those of a running pair; with None, one is started on this site's
    database. Raises ChildFailed, OSError, DomainError or RegistryMissing.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if ports is None:
            prepare()
            ports = free_ports()
            stack.enter_context(Pair(*ports, folder / "pair").running())
        site, registry = map(address, ports)
        say(f"Quaysite is at {site}, the registry that trusts it at {registry}.")
        who = stack.enter_context(cast())
        strict = Pair(
            *free_ports(),
            folder / "strict",
            {"ROBOTS_DISALLOW": "true", "ROBOTS_WHITELIST": who.reader},
        )
        stack.enter_context(strict.running())
        story = Story(
            cast=who,
            client=client(registry, folder / "client"),
            disallowed=client(strict.registry_address, folder / "strict-client"),
        )
        return tell(story.steps(), say)
