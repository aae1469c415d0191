"""One host name over two servers and a registry, as an operator of Debian has it."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.clients import Secure
from tests.deploy.nginx import Places, new_places, running_nginx
from tests.e2e.conftest import Cast, new_casts
from tests.e2e.databases import new_database
from tests.e2e.endpoint import request
from tests.e2e.programs import require
from tests.e2e.site import Site
from tests.federation.certificates import Authority

READY_SECONDS = 40


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    """What was started, and ends with the module, whatever happens."""
    with ExitStack() as stack:
        # A time limit ends pytest with SIGTERM: let it end as with Ctrl-C.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        yield stack


@dataclass(frozen=True)
class Front:
    """`one` and `two` behind nginx; `name` is the host, and port, of everything."""

    one: Site
    two: Site
    places: Places
    authority: Path

    @property
    def name(self) -> str:
        return self.places.secure

    @property
    def secure(self) -> Secure:
        return Secure(self.name, self.authority)

    def wait_until_ready(self, site: Site) -> None:
        """Return once a server says so itself, past nginx."""
        deadline = time.monotonic() + READY_SECONDS
        while request("GET", site.address, "/readyz").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture(scope="module")
def front(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Front:
    require("nginx")
    folder = tmp_path_factory.mktemp("front")
    database = new_database(folder)
    stack.callback(database.drop)
    authority = Authority(folder)
    authority.server("127.0.0.1")
    # Sites choose their addresses when they are made, and are told the common name.
    first = Site("first", folder, database)
    places = new_places(
        (first.address, Site("unused", folder, database).address),
        first.registry,
        folder / "server.pem",
    )
    common = {
        "SERVER_HOSTNAME": places.secure,
        "PREFERRED_URL_SCHEME": "https",
        "REGISTRY_SERVICES": places.secure,
        "TRUSTED_PROXY_COUNT": "1",
        "WORKERS": "1",
        "USAGE_FLUSH_SECONDS": "1",
    }
    one, two = (
        first.sibling(name, database=database, BIND=address, **common)
        for name, address in zip(("one", "two"), places.servers, strict=True)
    )
    for site, address in zip((one, two), places.servers, strict=True):
        site.address, site.registry = address, first.registry
    one.manage("migrate", "-v0")
    one.manage("collectstatic", "--no-input", "-v0")
    for running in (one.running(), two.serving()):
        stack.enter_context(running)
    stack.enter_context(running_nginx(folder / "nginx", places))
    return Front(one, two, places, authority.file)


@pytest.fixture
def cast(front: Front) -> Cast:
    return next(new_casts(front.one, 1))
