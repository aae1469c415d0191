"""Where a request came from: its client address and its id, for audit and logs."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from robots.remembered import remembered

REQUEST_ID_META = "HTTP_X_REQUEST_ID"

_MAX_REQUEST_ID = 64

_WITH_PORT = re.compile(
    r"(?P<four>[0-9.]+):[0-9]{1,5}|\[(?P<six>[0-9a-fA-F:.]+)\](?::[0-9]{1,5})?"
)

_ONE_NETWORK = 64
"""Bits of an IPv6 address that tell clients apart: who has one has all of the rest."""

_LONGEST_ADDRESS = 100
"""Characters. One with a zone can have any length; then it is not remembered."""


class Origin(NamedTuple):
    """`address` is an IP address, or None where there is none (a command)."""

    address: str | None = None
    request_id: str = ""


NOWHERE = Origin()


def origin_of(request: HttpRequest) -> Origin:
    """The origin of an HTTP request; never raises, whatever its headers say."""
    return origin_in(request.META)


def origin_in(meta: Mapping[str, Any]) -> Origin:
    """The same of a request's META, or of the WSGI environ that it is."""
    request_id: str = meta.get(REQUEST_ID_META, "")
    return Origin(_client_address(meta), request_id[:_MAX_REQUEST_ID])


def client_address(request: HttpRequest) -> str | None:
    """The peer, or what the outermost of TRUSTED_PROXY_COUNT proxies saw."""
    return _client_address(request.META)


@remembered
def trusted_proxies() -> int:
    """How many proxies add to X-Forwarded-For; 0 where that is not to be believed."""
    return int(getattr(settings, "TRUSTED_PROXY_COUNT", 0))


@lru_cache(maxsize=1024)
def source_of(address: str | None) -> str | None:
    """Whoever has this address: an IPv4 one, or the network of an IPv6 one."""
    if address is None:
        return None
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, _ONE_NETWORK), strict=False))


def _client_address(meta: Mapping[str, Any]) -> str | None:
    proxies = trusted_proxies()
    candidate: str = meta.get("REMOTE_ADDR", "")
    if proxies:
        header: str = meta.get("HTTP_X_FORWARDED_FOR", "")
        # Everything further left was written by the client itself.
        forwarded = header.split(",")
        if header and len(forwarded) >= proxies:
            candidate = forwarded[-proxies].strip()
    is_usual = len(candidate) <= _LONGEST_ADDRESS
    return _known_address(candidate) if is_usual else _address(candidate)


def _address(text: str) -> str | None:
    """The IP address that `text` is, as it is always written; None if it is none.

    Some proxies write the client's port behind it.
    """
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address(
            text if with_port is None else with_port["four"] or with_port["six"]
        )
    except ValueError:
        return None
    # A zone means something on that machine alone, and is a text of any length.
    return str(type(address)(int(address)))


_known_address = lru_cache(maxsize=1024)(_address)
