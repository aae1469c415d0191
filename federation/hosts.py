"""What the host of an issuer tells of it, before anything is looked up. Pure."""

import ipaddress
import re
from urllib.parse import urlsplit

_API_SERVER = re.compile(r"kubernetes\.default(\.svc(\..+)?)?")


def host_of(issuer: str) -> str:
    """The host in lower case; empty where there is none."""
    try:
        return urlsplit(issuer).hostname or ""
    except ValueError:
        return ""


def is_loopback(issuer: str) -> bool:
    """Whether the issuer is on the machine that asks."""
    host = host_of(issuer)
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def is_inside(issuer: str) -> bool:
    """Whether its name means another host in every cluster or network.

    Such are the names of services in Kubernetes ("DNS for Services and Pods"), and
    names without a dot. What they lead to is where the asking is done.
    """
    host = host_of(issuer).removesuffix(".")
    if not host or _is_address(host) or is_loopback(issuer):
        return False
    if "." not in host or host.endswith((".svc", ".cluster.local")):
        return True
    return _API_SERVER.fullmatch(host) is not None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
