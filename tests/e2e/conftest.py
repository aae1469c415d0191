"""Real programs, started once: the site, its registry, dockerd and containerd."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import pytest

from tests.e2e.accounts import Account
from tests.e2e.clients import Client, Ctr, Docker, Podman, Skopeo
from tests.e2e.databases import Database, new_database
from tests.e2e.keyless import Keyless
from tests.e2e.processes import Process
from tests.e2e.programs import require, require_root
from tests.e2e.provider import Provider
from tests.e2e.site import Site
from tests.programs import SEARCH_PATH

CASTS_AT_ONCE = 20


@dataclass(frozen=True)
class Cast:
    """An organization for one test alone.

    It has the private repositories `web` and `vault`, and `public`. The robots
    `reader`, `writer` and `admin` have those roles on `web`, and `writer` may write
    to `public` too; `creator` is in a creator team; `nobody` has no grant at all.
    `owner` owns the organization, `stranger` has nothing to do with it. `api` is the
    owner's token for the API, with which the organization is administered.
    """

    organization: str
    reader: Account
    writer: Account
    admin: Account
    creator: Account
    nobody: Account
    owner: Account
    stranger: Account
    api: Account

    def repository(self, name: str) -> str:
        return f"{self.organization}/{name}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The search of the logs comes after everything that writes to them."""
    items.sort(key=lambda item: item.path.name == "test_logs.py")


@pytest.fixture(scope="session")
def stack() -> Iterator[ExitStack]:
    """What was started, and has to be stopped at the end whatever happens."""
    with ExitStack() as stack:
        # A time limit ends pytest with SIGTERM: let it end as with Ctrl-C.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        yield stack


def fresh_database(stack: ExitStack, folder: Path) -> Database:
    database = new_database(folder)
    stack.callback(database.drop)
    return database


@pytest.fixture(scope="session")
def site(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site and the registry that most tests talk to."""
    folder = tmp_path_factory.mktemp("site")
    site = Site("main", folder, fresh_database(stack, folder))
    site.manage("migrate", "-v0")
    return stack.enter_context(site.running())


def new_casts(site: Site, count: int) -> Iterator[Cast]:
    for made in site.call("build_casts", count=count):
        organization = made.pop("organization")
        accounts = {part: site.account(**fields) for part, fields in made.items()}
        yield Cast(organization, **accounts)


@pytest.fixture(scope="session")
def casts(site: Site) -> Iterator[Cast]:
    """Never the same organization twice; made many at a time, which is faster."""
    return chain.from_iterable(new_casts(site, CASTS_AT_ONCE) for _ in count())


@pytest.fixture
def cast(casts: Iterator[Cast]) -> Cast:
    return next(casts)


@pytest.fixture
def other_cast(casts: Iterator[Cast]) -> Cast:
    """A second organization, which has nothing to do with the first."""
    return next(casts)


@pytest.fixture(scope="session")
def provider(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """An identity provider that any robot may be made to trust."""
    return stack.enter_context(Provider(tmp_path_factory.mktemp("provider")).running())


@pytest.fixture
def keyless(site: Site, provider: Provider) -> Keyless:
    """Keyless login to the site that most tests talk to."""
    return Keyless(site, provider)


@pytest.fixture
def skopeo(site: Site, tmp_path: Path) -> Skopeo:
    require("skopeo")
    return Skopeo(_home(tmp_path, "skopeo"), site.registry)


@pytest.fixture
def podman(site: Site, tmp_path: Path) -> Podman:
    require("podman")
    return Podman(_home(tmp_path, "podman"), site.registry)


@pytest.fixture
def docker(site: Site, dockerd: Path, tmp_path: Path) -> Docker:
    require("docker")
    return Docker(_home(tmp_path, "docker"), site.registry, dockerd)


@pytest.fixture
def ctr(site: Site, containerd: Path, tmp_path: Path) -> Ctr:
    require("ctr")
    return Ctr(_home(tmp_path, "ctr"), site.registry, containerd)


def _home(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


@pytest.fixture(params=["skopeo", "podman", "docker", "ctr"])
def any_client(request: pytest.FixtureRequest) -> Client:
    """Each of the four clients in turn."""
    client = request.getfixturevalue(request.param)
    assert isinstance(client, Client)
    return client


@pytest.fixture(scope="session")
def dockerd(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The socket of a docker daemon without networks; it trusts 127.0.0.1."""
    binary = require("dockerd")
    require_root("dockerd")
    folder = tmp_path_factory.mktemp("dockerd")
    socket = folder / "docker.sock"
    command = [
        *(binary, "-H", f"unix://{socket}", "--data-root", f"{folder}/data"),
        *("--exec-root", f"{folder}/exec", "-p", f"{folder}/docker.pid"),
        *("--iptables=false", "--ip6tables=false", "--bridge=none"),
        *("--storage-driver=vfs", "--config-file", f"{folder}/daemon.json"),
    ]
    (folder / "daemon.json").write_text("{}")
    return _daemon(stack, "dockerd", command, socket)


@pytest.fixture(scope="session")
def containerd(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The socket of a containerd of our own."""
    binary = require("containerd")
    require_root("containerd")
    folder = tmp_path_factory.mktemp("containerd")
    socket = folder / "containerd.sock"
    (folder / "config.toml").write_text(
        'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        f'[plugins."io.containerd.internal.v1.opt"]\npath = "{folder}/opt"\n'
    )
    command = [
        *(binary, "--config", f"{folder}/config.toml", "--address", str(socket)),
        *("--root", f"{folder}/root", "--state", f"{folder}/state"),
    ]
    return _daemon(stack, "containerd", command, socket)


def _daemon(stack: ExitStack, name: str, command: list[str], socket: Path) -> Path:
    folder = socket.parent
    environment = {"PATH": SEARCH_PATH, "HOME": str(folder), "TMPDIR": str(folder)}
    process = Process(name, command, environment, folder)
    stack.callback(process.stop)
    process.wait_until(socket.exists)
    return socket
