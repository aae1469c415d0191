"""A whole site with a real standby: what `tests/replica` has in
one process, with threads that watch and clients that connect.
"""

import time
from collections.abc import Callable

import pytest

from tests.clusters import Pair
from tests.e2e.accounts import Account
from tests.e2e.conftest import new_casts
from tests.e2e.databases import PostgresDatabase
from tests.e2e.endpoint import ask, granted
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

BOUND = 2
PATIENCE = 30

# Sessions of the site that have asked the standby for tokens.
_ASKED = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = %s AND query LIKE '%%robots_namespace%%'"
)


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


def test_a_site_asks_its_standby_and_forgets_no_revocation(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = PostgresDatabase(pair.primary.url())
    name = database.url.rpartition("/")[2]
    folder = tmp_path_factory.mktemp("replicated")
    site = Site(
        "replicated",
        folder,
        database,
        DATABASE_REPLICA_URL=pair.standby.url(name),
        DATABASE_REPLICA_MAX_LAG=str(BOUND),
    )
    site.manage("migrate", "-v0")
    (cast,) = new_casts(site, 1)
    web = cast.repository("web")

    def actions(who: Account) -> set[str]:
        answer = ask(site, who, f"repository:{web}:pull")
        assert answer.status == 200, answer.text
        return granted(answer)[web]

    def standby_was_asked() -> bool:
        assert actions(cast.writer) == {"pull"}
        ((count,),) = pair.standby.ask(_ASKED, name)
        return bool(count)

    with site.serving():
        until(standby_was_asked)

        with pair.held():
            site.manage("revoke", cast.reader.name, web)
            revoked = time.monotonic()
            site.manage("grant", cast.nobody.name, web, "read")
            assert actions(cast.nobody) == {"pull"}
            time.sleep(max(0.0, revoked + BOUND - time.monotonic()))
            assert [actions(cast.reader) for _ in range(12)] == [set()] * 12

        pair.standby.stop()
        assert [actions(cast.writer) for _ in range(12)] == [{"pull"}] * 12
        pair.standby.start()
        pair.catch_up()
        assert [actions(cast.reader) for _ in range(12)] == [set()] * 12
        until(standby_was_asked)
