"""The demo on a site of its own: new keys, an empty database, gone afterwards."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from django.conf import settings

_OF_THE_REAL_SITE = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DATABASE_REPLICA_URL",
    "DATABASE_REPLICA_URL_FILE",
    "STATIC_ROOT",
    "REGISTRY_SIGNING_KEYS_DIR",
    "ROBOTS_DISALLOW",
    "ROBOTS_WHITELIST",
)
"""Variables that would lead the demo to what is not its own, or change its story."""


def run_there(arguments: Sequence[str]) -> int:
    """Run `manage.py ARGUMENTS` on a temporary site; its exit code."""
    with tempfile.TemporaryDirectory(prefix="quaysite-demo-") as folder:
        environment = {**os.environ, "VAR_DIR": folder}
        for name in _OF_THE_REAL_SITE:
            environment.pop(name, None)
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
        )
        # Ctrl-C reaches the other process too; the folder has to outlive it.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        signal.signal(signal.SIGHUP, lambda *_: process.terminate())
        return process.wait()
