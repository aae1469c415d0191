"""A pgbouncer that lends connections out for one transaction at a time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clusters import Cluster
from tests.e2e.processes import Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.programs import SEARCH_PATH

_USER = "postgres"

# The server's connections are fewer than the site's: they must be shared.
_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
"""


@contextmanager
def running_pgbouncer(cluster: Cluster, folder: Path) -> Iterator[str]:
    """Its address, in front of `cluster`."""
    address = free_address()
    port = address.rpartition(":")[2]
    settings = folder / "pgbouncer.ini"
    settings.write_text(_CONFIGURATION.format(server=cluster.port, port=port))
    command = [require("pgbouncer"), str(settings)]
    if os.geteuid() == 0:  # It refuses to run as root.
        shutil.chown(settings, _USER)
        command = [command[0], "-u", _USER, command[1]]
    environment = {"PATH": SEARCH_PATH, "HOME": str(folder)}
    process = Process("pgbouncer", command, environment, folder)
    try:
        process.wait_until(lambda: accepts_connections(address))
        yield address
    finally:
        process.stop()
