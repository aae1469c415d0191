"""The empty view as the site ships: its server, its threads, its access log.

`manage.py serve` would serve the site. What it passes to granian beside this bounds
connections and headers, and costs no request anything.
"""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from empty_site import application  # type: ignore[import-not-found]
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from quaysite.access_log import Answered, access_line
from quaysite.logs import LINE
from quaysite.serving.bridge import Bridge
from quaysite.serving.options import THREADS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", required=True)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    host, _, port = given.bind.rpartition(":")
    server = Server(
        "empty",
        address=host,
        port=int(port),
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=given.workers,
        log_level=LogLevels.error,
    )
    loader: Callable[..., Any] = partial(_bridge, int(THREADS), os.getpid())
    server.serve(target_loader=loader, wrap_loader=False)


def _bridge(threads: int, parent: int) -> Bridge:
    return Bridge(application, threads, None, _log, parent)


def _log(answered: Answered) -> None:
    sys.stdout.write(f"{access_line(answered, LINE)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
