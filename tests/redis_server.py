"""A Redis of a test's own, which it may stop, freeze and start again."""

import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from tests import programs


class Redis:
    """A Redis of the test's own, which holds nothing after it."""

    def __init__(self, folder: Path) -> None:
        program = programs.find("redis-server")
        assert program is not None, "redis-server is not installed"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1",
            "--save", "", "--dir", str(folder),
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def redis_cache(
    url: str, backend: str = "robots.redis_cache.CountingRedisCache"
) -> dict[str, Any]:
    """CACHES with the default cache in that Redis."""
    patience = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    return {"default": {"BACKEND": backend, "LOCATION": url, "OPTIONS": patience}}
