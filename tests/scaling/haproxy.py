"""A load balancer that deals requests out in turn, and says to whom each went."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.processes import Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

SERVED_BY = "X-Served-By"

_CONFIGURATION = """
global
    log stderr format raw local0 err
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    option forwardfor
    option httpchk GET /healthz
    retries 2
    option redispatch
frontend site
    bind {address}
    http-request set-header X-Forwarded-Proto http
    default_backend replicas
backend replicas
    balance roundrobin
    http-response set-header X-Served-By %s
{servers}
"""


@contextmanager
def running_haproxy(folder: Path, servers: Sequence[str]) -> Iterator[str]:
    """Its address, in front of the sites at the addresses `servers`."""
    address = free_address()
    lines = [
        f"    server site{number} {server} check inter 500ms"
        for number, server in enumerate(servers)
    ]
    settings = folder / "haproxy.cfg"
    settings.write_text(
        _CONFIGURATION.format(address=address, servers="\n".join(lines))
    )
    command = [require("haproxy"), "-db", "-f", str(settings)]
    environment = {"PATH": SEARCH_PATH, "HOME": str(folder)}
    process = Process("haproxy", command, environment, folder)
    try:
        process.wait_until(lambda: accepts_connections(address))
        yield address
    finally:
        process.stop()
