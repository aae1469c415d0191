"""Uses wait in memory: written soon, in full at a clean end, nearly so at a cut."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.conftest import Cast, fresh_database, new_casts
from tests.e2e.endpoint import ask
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

PATIENCE = 30


@pytest.fixture(scope="module")
def lonely_site(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that nobody else uses, and that does not run yet."""
    folder = tmp_path_factory.mktemp("lonely")
    site = Site("lonely", folder, fresh_database(stack, folder))
    site.manage("migrate", "-v0")
    return site


def like(site: Site, seconds: str) -> Site:
    """A site on the same database that writes uses so often."""
    return site.sibling(
        f"lonely-{seconds}", database=site.database, USAGE_FLUSH_SECONDS=seconds
    )


def use(site: Site, cast: Cast, count: int) -> None:
    """Get so many tokens for the writer, many at a time; none may be refused."""
    scope = f"repository:{cast.repository('web')}:pull,push"
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, site, cast.writer, scope) for _ in range(count)]
        assert {one.result().status for one in asked} == {200}


def test_a_clean_stop_loses_nothing(lonely_site: Site) -> None:
    cast = next(new_casts(lonely_site, 1))
    with like(lonely_site, "3600").serving() as site:
        use(site, cast, 40)
        assert ask(site, cast.reader).status == 200
        assert ask(site, cast.reader.with_secret("WRONG")).status == 401
        assert lonely_site.call("issued", namespace=cast.organization) == 0
        site.stop_server()
    stored = lonely_site.call("issued", namespace=cast.organization)
    uses = lonely_site.call("uses", repository=cast.repository("web"))
    logins = lonely_site.call("logins", namespace=cast.organization)
    assert stored == 41
    assert uses == [[cast.writer.name, "pull"], [cast.writer.name, "push"]]
    assert sorted(logins) == ["login_failure", "login_success"]
    assert lonely_site.call("last_used", robot=cast.writer.name) is not None
    assert lonely_site.call("last_used", robot=cast.reader.name) is not None


def test_a_cut_loses_what_was_not_written_yet(lonely_site: Site) -> None:
    cast = next(new_casts(lonely_site, 1))
    written, waiting = 40, 8
    with like(lonely_site, "1").serving() as site:
        use(site, cast, written)
        deadline = time.monotonic() + PATIENCE
        while lonely_site.call("issued", namespace=cast.organization) < written:
            assert time.monotonic() < deadline
        last_used = lonely_site.call("last_used", robot=cast.writer.name)
        assert last_used is not None
        use(site, cast, waiting)
        site.kill_server()
    stored = lonely_site.call("issued", namespace=cast.organization)
    uses = lonely_site.call("uses", repository=cast.repository("web"))
    assert written <= stored <= written + waiting
    assert uses == [[cast.writer.name, "pull"], [cast.writer.name, "push"]]
    assert lonely_site.call("last_used", robot=cast.writer.name) >= last_used


def test_requests_are_answered_while_uses_are_written(lonely_site: Site) -> None:
    """For some seconds, with a write each second in each process."""
    cast = next(new_casts(lonely_site, 1))
    with like(lonely_site, "1").serving() as site:
        deadline, count = time.monotonic() + 4, 0
        while time.monotonic() < deadline:
            use(site, cast, 40)
            count += 40
        site.stop_server()
    assert lonely_site.call("issued", namespace=cast.organization) == count
