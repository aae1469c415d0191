"""All that takes part: own servers, so that what breaks is nobody else's."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.cast import Cast, new_cast
from benchmarks.faults.load import CONNECTIONS
from benchmarks.faults.log_disk import disk_for
from benchmarks.issuer import Issuer
from tests.clusters import Cluster, running_cluster
from tests.e2e.clients import Skopeo
from tests.e2e.databases import PostgresDatabase
from tests.e2e.site import Site
from tests.redis_server import Redis

WORKERS = 2

_MANY = "1000000000"


@dataclass(frozen=True)
class Stage:
    """A site that runs, and what it leans on."""

    site: Site
    cluster: Cluster
    redis: Redis
    issuer: Issuer
    cast: Cast

    @contextmanager
    def sibling(self, name: str, **settings: str) -> Iterator["Stage"]:
        """A second server and registry on the same database, with more settings."""
        site = self.site.sibling(
            name, database=None, **(_settings(self.redis) | settings)
        )
        with site.running():
            cast = _ready(site, self.issuer)
            yield Stage(site, self.cluster, self.redis, self.issuer, cast)


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Everything runs in this block; nothing of it is left after it.

    The logs in `folder` are on a disk of their own, where root can make one.
    """
    with ExitStack() as stack:
        # As a site has it: what is confirmed is on the disk.
        cluster = stack.enter_context(running_cluster(fsync="on"))
        redis = Redis(folder)
        stack.callback(redis.stop)
        issuer = Issuer("ES256")
        stack.callback(issuer.stop)
        stack.enter_context(disk_for(folder / "logs"))
        database = PostgresDatabase(cluster.url())
        site = Site("faults", folder, database, **_settings(redis))
        site.manage("migrate", "-v0")
        stack.enter_context(site.running())
        yield Stage(site, cluster, redis, issuer, _ready(site, issuer))


def _settings(redis: Redis) -> dict[str, str]:
    return {
        "WORKERS": str(WORKERS),
        "LOG_LEVEL": "INFO",
        "CACHE_URL": redis.url,
        # Counted in Redis with every token, and with every wrong secret; never full.
        "ROBOT_TOKEN_BUDGET": _MANY,
        "LOGIN_FAILURE_LIMIT": _MANY,
        "LOGIN_FAILURE_ADDRESS_LIMIT": _MANY,
        "USAGE_FLUSH_SECONDS": "2",
        "FEDERATION_SINGLE_USE": "true",
        # An issuer that is away is asked in vain, and not only next time.
        "FEDERATION_KEYS_FRESH_SECONDS": "1",
        "FEDERATION_KEYS_COOLDOWN_SECONDS": "1",
    }


def _ready(site: Site, issuer: Issuer) -> Cast:
    """The cast of a site that runs, with an image to pull."""
    cast = new_cast(site, issuer.signer, CONNECTIONS)
    folder = site.folder / f"skopeo-{site.name}"
    folder.mkdir()
    skopeo = Skopeo(folder, site.registry)
    skopeo.must_login(cast.writer)
    pushed = skopeo.push(cast.web)
    if pushed.code:
        raise RuntimeError(pushed.output)
    return cast
