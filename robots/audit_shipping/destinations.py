"""The URLs of AUDIT_SHIP.

Pure. They are the operator's own, so private addresses are allowed; a webhook needs
https all the same, unless it is on this machine.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

Channel = Literal["file", "syslog", "syslog+udp", "syslog+unix", "https", "http"]

_SYSLOG_PORT = 514
_WANTED = (
    "file:///PATH, syslog://HOST:PORT, syslog+udp://HOST:PORT, syslog+unix:///PATH or"
    " https://HOST/PATH"
)


class DestinationInvalid(Exception):
    """A URL that events cannot be shipped to; says why, without repeating it all."""


@dataclass(frozen=True, slots=True)
class Destination:
    """`path` is of a file or socket, `url` of a webhook; `shown` has no secrets."""

    channel: Channel
    key: str
    shown: str
    host: str = ""
    port: int = 0
    path: str = ""
    url: str = ""

    @property
    def is_webhook(self) -> bool:
        return self.channel in ("https", "http")


def destination(url: str) -> Destination:
    """Raises DestinationInvalid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DestinationInvalid("it is not a URL") from None
    if "@" in parts.netloc:
        raise DestinationInvalid("it has a user name or password in it")
    key = hashlib.sha256(url.encode()).hexdigest()
    match parts.scheme:
        case "file" | "syslog+unix" as channel:
            return Destination(
                channel, key, f"{channel}://{_path(parts)}", path=_path(parts)
            )
        case "syslog" | "syslog+udp" as channel:
            host, port = _host(parts), port or _SYSLOG_PORT
            return Destination(channel, key, f"{channel}://{host}:{port}", host, port)
        case "https" | "http" as channel:
            host = _host(parts)
            if channel == "http" and not _is_loopback(host):
                raise DestinationInvalid("a webhook needs https")
            # What follows the host may be a secret of the receiver.
            return Destination(channel, key, f"{channel}://{host}/...", host, url=url)
    raise DestinationInvalid(f"write it as {_WANTED}")


def _path(parts: SplitResult) -> str:
    if parts.netloc or not parts.path.startswith("/") or parts.path.endswith("/"):
        raise DestinationInvalid("its path must be absolute, after three slashes")
    if parts.query or parts.fragment:
        raise DestinationInvalid("a path ends without ? and #")
    return parts.path


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise DestinationInvalid("it names no host")
    return parts.hostname


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
