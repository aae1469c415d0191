"""What an issuer's keys depend on besides the issuer: names, the clock, connections."""

import socket
import time
from collections import defaultdict
from ipaddress import ip_address
from typing import Any

import pytest


class NameService:
    """Stands in for the resolver: `names[host]` are its answers, one after the other.

    The last answer stays. Names that it does not have do not exist, and an address
    is its own.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, list[list[str]]] = defaultdict(list)
        self.asked: list[str] = []
        patch.setattr(socket, "getaddrinfo", self._answer)

    def _answer(self, host: str, port: int, *args: Any, **named: Any) -> list[Any]:
        self.asked.append(host)
        answers = self.names[host] or ([[host]] if _is_address(host) else [])
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_socket_address(address, port) for address in addresses]


class Clock:
    """The time of day, which a test moves; the keys' ages and the cache obey it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._real = time.time
        self._ahead = 0.0
        patch.setattr(time, "time", lambda: self._real() + self._ahead)

    def move(self, seconds: float) -> None:
        self._ahead += seconds


class Connections:
    """Every address that the process connects to; only loopback is let through.

    Those in `silent` never answer.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.silent: set[str] = set()
        real = socket.socket.connect

        def connect(line: socket.socket, address: Any) -> None:
            self.made.append(address[0])
            if address[0] in self.silent:
                time.sleep(line.gettimeout() or 0)
                raise TimeoutError("timed out")
            if not address[0].startswith("127."):
                raise OSError(101, "Network is unreachable")
            real(line, address)

        patch.setattr(socket.socket, "connect", connect)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _socket_address(address: str, port: int) -> Any:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    rest = (0, 0) if ":" in address else ()
    return family, socket.SOCK_STREAM, 6, "", (address, port, *rest)
