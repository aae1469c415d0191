"""Real servers of PostgreSQL, and sites that use them as a growing one does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clusters import Cluster, Pair, running_cluster, running_pair
from tests.e2e.conftest import Cast, new_casts
from tests.e2e.databases import PostgresDatabase
from tests.e2e.programs import require
from tests.e2e.site import Site

NewSite = Callable[..., Site]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    require("initdb")
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    require("initdb")
    with running_pair() as pair:
        yield pair


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test started, and what ends with it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> PostgresDatabase:
    """It goes with its server."""
    return PostgresDatabase(cluster.url())


@pytest.fixture(scope="module")
def staged(
    database: PostgresDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A site that is not running, whose database is migrated."""
    site = Site("staged", tmp_path_factory.mktemp("staged"), database)
    site.manage("migrate", "-v0")
    return site


@pytest.fixture
def new_site(staged: Site, stack: ExitStack) -> NewSite:
    """Starts a server with `settings`; it shares database and secrets with others."""

    def start(name: str, **settings: str) -> Site:
        return stack.enter_context(
            staged.sibling(name, database=None, **settings).serving()
        )

    return start


@pytest.fixture
def cast(staged: Site) -> Cast:
    return next(new_casts(staged, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For what a program keeps; others may enter it."""
    tmp_path.chmod(0o755)
    return tmp_path
