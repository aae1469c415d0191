"""The URLs that may be asked, taken apart. Pure.

One reading of a URL decides and is used: what was checked is what is connected to.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2048
"""Characters of a URL."""

_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?")


class UrlInvalid(Exception):
    """Not a URL that is ever asked; the text says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes: `host` is a name or an address, without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"


def destination(url: str) -> Destination:
    """What `url` says. Raises UrlInvalid for all but plain http and https URLs."""
    if not 0 < len(url) <= MAX_URL:
        raise UrlInvalid(f"a URL has 1 to {MAX_URL} characters")
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise UrlInvalid("a URL has printable ASCII characters and no backslash")
    if "#" in url:
        raise UrlInvalid("a URL with a fragment is never asked")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise UrlInvalid("not a URL") from None
    if split.scheme not in _PORTS:
        raise UrlInvalid("a URL begins with https://")
    return _destination(split, port)


def _destination(split: SplitResult, port: int | None) -> Destination:
    if "@" in split.netloc:
        raise UrlInvalid("a URL holds no user name and no password")
    host = split.hostname or ""
    shown = f"[{host}]" if _is_v6(host) else host
    if shown == host and not _NAME.fullmatch(host):
        raise UrlInvalid("the URL's host is no name and no address")
    spelled = shown if port is None else f"{shown}:{port}"
    if split.netloc.lower() != spelled or port == 0:
        raise UrlInvalid("the URL's port is not a number from 1 to 65535")
    target = split.path or "/"
    if split.query:
        target = f"{target}?{split.query}"
    return Destination(split.scheme, host, port or _PORTS[split.scheme], target)


def _is_v6(host: str) -> bool:
    try:
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False
