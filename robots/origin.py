"""Where a request came from: its client address and its id, for audit and logs."""

import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

REQUEST_ID_META = "HTTP_X_REQUEST_ID"

_MAX_REQUEST_ID = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """`address` is an IP address, or None where there is none (a command)."""

    address: str | None = None
    request_id: str = ""


NOWHERE = Origin()


def origin_of(request: HttpRequest) -> Origin:
    """The origin of an HTTP request; never raises, whatever its headers say."""
    return Origin(
        address=client_address(request),
        request_id=request.META.get(REQUEST_ID_META, "")[:_MAX_REQUEST_ID],
    )


def client_address(request: HttpRequest) -> str | None:
    """The peer, or what the outermost of TRUSTED_PROXY_COUNT proxies saw.

    Everything further left in X-Forwarded-For was written by the client itself.
    """
    proxies = getattr(settings, "TRUSTED_PROXY_COUNT", 0)
    candidate = request.META.get("REMOTE_ADDR", "")
    if proxies:
        header = request.META.get("HTTP_X_FORWARDED_FOR", "")
        forwarded = header.split(",")
        if header and len(forwarded) >= proxies:
            candidate = forwarded[-proxies].strip()
    try:
        address = ipaddress.ip_address(candidate)
    except ValueError:
        return None
    # A zone means something on that machine alone, and is a text of any length.
    return str(type(address)(int(address)))
