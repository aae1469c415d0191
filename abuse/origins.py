"""Where requests may go: to the place that was named, and nowhere else."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class NotAllowed(Exception):
    """A URL that nobody agreed to; the text is for whoever started the run."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, by an address that cannot be another."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an http or https URL. Raises NotAllowed for any other text."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise NotAllowed(f"{url!r} is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotAllowed(f"{url!r} is no http or https URL")
    if parts.username or parts.password:
        raise NotAllowed("a URL with a password in it is not taken")
    return Origin(parts.scheme, parts.hostname, port)


def belongs_to(found: Origin, named: Origin) -> bool:
    """Whether a URL that `named` told of is still the place that was named.

    It is on the same host, or both are on this machine.
    """
    return found.host == named.host or (found.is_loopback and named.is_loopback)
