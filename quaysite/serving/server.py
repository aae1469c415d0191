"""granian as it ships: its settings, and what its worker processes run."""

import gc
import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from quaysite.access_log import Answered, access_line
from quaysite.metrics.publishing import prepare, publisher
from quaysite.serving.arenas import limit_arenas
from quaysite.serving.bridge import Bridge
from quaysite.serving.environ import address_of
from quaysite.wsgi import application
from robots.usage import usage

_UNIX = "unix:"

HEADERS = HTTP1Settings(
    # Milliseconds, from the first byte to the last of the headers.
    header_read_timeout=10_000,
    # Bytes of all headers: all of this passes, twice of it is 431. A real
    # Authorization holds at most an OIDC token of some kilobytes.
    max_buffer_size=32 * 1024,
)

CONNECTIONS = 1000
"""Of each worker, idle ones with them; more wait in the kernel's queue."""

STOP_SECONDS = 12
"""How long a worker may take to finish what it is at."""


class BindInvalid(ValueError):
    """The text is no address to listen on."""


def serve(bind: str, workers: int, threads: int) -> None:
    """Serve until a signal says to stop.

    Raises BindInvalid, OSError if the address cannot be had, and SystemExit with 1
    if the workers keep on ending by themselves.
    """
    address = _address(bind)
    require_free(address)
    server = Server(
        "quaysite",
        **address,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # No client asks for HTTP/2 without TLS.
        websockets=False,
        workers=workers,
        backlog=2 * CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HEADERS,
        log_level=_log_level(),
        log_dictconfig=settings.LOGGING,
        respawn_failed_workers=True,
        respawn_interval=1.0,
        workers_kill_timeout=STOP_SECONDS,
    )
    limit_arenas()
    prepare(settings.VAR_DIR / "metrics")
    # What was opened or made until here is the parent's: connections cannot be
    # shared, and memory is shared as long as nobody writes to it.
    connections.close_all()
    gc.collect()
    gc.freeze()
    # The type that granian declares for it is that of WSGI and ASGI applications.
    loader: Any = partial(_bridge, threads, os.getpid())
    try:
        server.serve(target_loader=loader, wrap_loader=False)
    except SystemExit:
        # Workers that a signal to the whole group ended first are no failure.
        if not server.interrupt_signal:
            raise


def _bridge(threads: int, parent: int) -> Bridge:
    """What a worker serves; called in each."""
    publisher.start()
    # The audit is sealed and shipped also where nobody asks for a token.
    usage.wake()
    return Bridge(
        application,
        threads,
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        _log,
        parent,
    )


def _address(bind: str) -> dict[str, Any]:
    if bind.startswith(_UNIX):
        return {"uds": Path(bind.removeprefix(_UNIX))}
    host, port = address_of(bind)
    if not host or not 0 < int(port) < 65536:
        raise BindInvalid(f"{bind} is not HOST:PORT, or unix:PATH")
    return {"address": host, "port": int(port)}


def require_free(address: dict[str, Any]) -> None:
    """Raise OSError if somebody listens there.

    granian's workers each listen for themselves (SO_REUSEPORT), so that the kernel
    would let them share the port with another server. This only binds: a client that
    found it listening would be accepted, and then reset.
    """
    if "uds" in address:
        return
    family = socket.AF_INET6 if ":" in address["address"] else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port whose last connections are closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind((address["address"], address["port"]))


def _log_level() -> LogLevels:
    root: Any = settings.LOGGING["root"]
    name = str(root["level"]).lower()
    return LogLevels(name) if name in LogLevels.__members__ else LogLevels.info


def _log(answered: Answered) -> None:
    sys.stdout.write(f"{access_line(answered, settings.LOG_FORMAT)}\n")
    sys.stdout.flush()
