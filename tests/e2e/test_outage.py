"""Without its database the site says "later", and clients keep their credentials."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.clients import Client, Podman, Skopeo
from tests.e2e.conftest import Cast, fresh_database, new_casts
from tests.e2e.endpoint import ask, granted
from tests.e2e.processes import free_address
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def fragile_site(
    site: Site, stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site with a database of its own, which may be taken away."""
    database = fresh_database(stack, tmp_path_factory.mktemp("fragile"))
    # A SQLite file that is open already would go on being read.
    seconds = "0" if database.url.startswith("sqlite") else "600"
    other = site.sibling("fragile", database=database, CONN_MAX_AGE=seconds)
    other.manage("migrate", "-v0")
    with other.running():
        yield other


@pytest.fixture
def fragile_cast(fragile_site: Site) -> Cast:
    return next(new_casts(fragile_site, 1))


def test_the_answer_is_503_with_retry_after_until_the_database_is_back(
    fragile_site: Site, fragile_cast: Cast
) -> None:
    site, cast = fragile_site, fragile_cast
    public = cast.repository("public")
    scope = f"repository:{public}:pull"
    assert ask(site, cast.writer, scope).status == 200

    with site.database.away():
        answers = [ask(site, who, scope) for who in (cast.writer, cast.owner, None)]

    for answer in answers:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json["errors"][0]["code"] == "UNAVAILABLE"
        assert "token" not in answer.json
    assert granted(ask(site, cast.writer, scope)) == {public: {"pull"}}


def test_no_worker_answers_503_once_the_database_is_back(
    fragile_site: Site, fragile_cast: Cast
) -> None:
    """Not even with a connection that was cut while the worker had nothing to do."""
    count = 24

    def ask_all_workers() -> list[int]:
        with ThreadPoolExecutor(count // 2) as pool:
            asked = [
                pool.submit(ask, fragile_site, fragile_cast.writer)
                for _ in range(count)
            ]
        return [answer.result().status for answer in asked]

    assert ask_all_workers() == [200] * count
    with fragile_site.database.away():
        pass
    assert ask_all_workers() == [200] * count


@pytest.mark.parametrize("fixture", ["skopeo", "podman"])
def test_a_client_keeps_its_credentials_and_pulls_when_the_database_is_back(
    request: pytest.FixtureRequest,
    fragile_site: Site,
    fragile_cast: Cast,
    fixture: str,
) -> None:
    client: Skopeo | Podman = request.getfixturevalue(fixture)
    client.registry = fragile_site.registry
    web = fragile_cast.repository("web")
    client.must_login(fragile_cast.writer)
    assert client.push(web).code == 0
    stored = client.auth_file.read_text()

    with fragile_site.database.away():
        login = client.login(fragile_cast.writer)
        pulled = client.pull(web)

    for outcome in (login, pulled):
        assert outcome.code != 0
        assert "503 (Service Unavailable)" in outcome.text
        assert "invalid username/password" not in outcome.text
    assert client.auth_file.read_text() == stored
    assert client.pull(web).code == 0


@pytest.mark.parametrize("fixture", ["docker", "ctr"])
def test_daemons_are_not_told_that_their_credentials_are_wrong(
    request: pytest.FixtureRequest,
    fragile_site: Site,
    fragile_cast: Cast,
    fixture: str,
) -> None:
    client: Client = request.getfixturevalue(fixture)
    client.registry = fragile_site.registry
    web = fragile_cast.repository("web")
    client.must_login(fragile_cast.writer)
    assert client.push(web).code == 0

    with fragile_site.database.away():
        pulled = client.pull(web)

    assert pulled.code != 0
    assert "503" in pulled.text
    assert "denied" not in pulled.text
    assert client.pull(web).code == 0


def test_a_postgresql_server_that_nobody_listens_at_is_503_too(
    site: Site, cast: Cast
) -> None:
    url = f"postgres://nobody@{free_address()}/nothing"

    with site.sibling("unreachable", DATABASE_URL=url).running() as unreachable:
        answer = ask(unreachable, cast.writer)

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
