"""Which addresses may be asked. Pure, and with tables of its own.

Python's own `is_global` changes from patch to patch of one version; what a site
can be made to connect to must not. The tables are those of the IANA registries of
special-purpose addresses (RFC 6890), and the services by which clouds hand
credentials to whoever asks from inside.
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_V4_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_CARRIERS = (_V4_MAPPED, _NAT64)
"""Of these, the last 32 bits are the IPv4 address that is reached in the end."""

_V6_GLOBAL = IPv6Network("2000::/3")
"""All that is handed out for use on the Internet (RFC 4291)."""

_SPECIAL = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    # Protocol assignments, Teredo (RFC 4380) among them.
    "2001::/23",
    "2001:db8::/32",
    # 6to4 (RFC 3056) carries an IPv4 address, and is out of use (RFC 7526).
    "2002::/16",
    "3fff::/20",
)

_METADATA = _networks(
    "169.254.0.0/16",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fd00:42::42/128",
    "fd00:ec2::/32",
    "fd20:ce::254/128",
)
"""Where clouds answer instances; no issuer is there, whatever a setting says."""

_INTERNAL = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)


def is_public(ip: Address) -> bool:
    """Whether the Internet has `ip`, and no instance's metadata is there."""
    address = _reached(ip)
    if isinstance(address, IPv6Address) and address not in _V6_GLOBAL:
        return False
    return not _is_in(_SPECIAL, address) and not _is_in(_METADATA, address)


def is_internal(ip: Address) -> bool:
    """Whether an issuer in a private network may have `ip`, loopback included."""
    address = _reached(ip)
    return _is_in(_INTERNAL, address) and not _is_in(_METADATA, address)


def is_loopback(ip: Address) -> bool:
    """Whether `ip` is this machine."""
    return _reached(ip).is_loopback


def parse(text: str) -> Address:
    """The address that a resolver wrote down. Raises ValueError."""
    return ip_address(text)


def _reached(ip: Address) -> Address:
    for carrier in _CARRIERS:
        if ip in carrier:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def _is_in(networks: Iterable[Network], address: Address) -> bool:
    return any(address in network for network in networks)
