"""Many people log in at once: some wait, the rest ask again, robots notice nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.accounts import Account
from tests.e2e.conftest import fresh_database, new_casts
from tests.e2e.endpoint import Answer, ask
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

PEOPLE = 40
ROBOTS = 120


@pytest.fixture
def small_site(
    stack: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One process of eight threads, one of which may hash, and two wait."""
    folder = tmp_path_factory.mktemp("small")
    settings = {"WORKERS": "1", "THREADS": "8", "PASSWORD_HASHES_WAITING": "2"}
    settings["LOGIN_FAILURE_LIMIT"] = "0"  # That is another reason to say 429.
    site = Site("small", folder, fresh_database(stack, folder), **settings)
    site.manage("migrate", "-v0")
    with site.serving():
        yield site


def test_a_burst_of_logins_is_thinned_out_and_robots_are_served(
    small_site: Site,
) -> None:
    cast = next(new_casts(small_site, 1))
    scope = f"repository:{cast.repository('web')}:pull"
    nobody = Account("nobody-of-that-name", "a wrong password")
    wrong = cast.owner.with_secret("a wrong password")
    with ThreadPoolExecutor(PEOPLE) as crowd, ThreadPoolExecutor(4) as machines:
        robots = [
            machines.submit(ask, small_site, cast.writer, scope) for _ in range(ROBOTS)
        ]
        logins = {
            who.name + who.secret: [
                crowd.submit(ask, small_site, who) for _ in range(of)
            ]
            for who, of in ((cast.owner, 20), (wrong, 10), (nobody, 10))
        }
        served = [one.result() for one in robots]
        right, known, unknown = (
            [one.result() for one in asked] for asked in logins.values()
        )
    assert {answer.status for answer in served} == {200}
    assert {answer.status for answer in right} <= {200, 429}
    assert {answer.status for answer in known + unknown} <= {401, 429}
    busy = [one for one in right + known + unknown if one.status == 429]
    looked_at = PEOPLE - len(busy)
    assert 1 <= looked_at < PEOPLE
    assert {told(answer) for answer in busy} == {told(busy[0])}
    assert int(busy[0].headers["Retry-After"]) > 0
    assert busy[0].json["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert ask(small_site, cast.owner).status == 200
    small_site.stop_server()
    failed = [one for one in known if one.status == 401]
    kinds = small_site.call("logins", namespace=cast.owner.name)
    assert kinds.count("login_failure") == len(failed)
    assert kinds.count("login_success") == 1 + sum(one.status == 200 for one in right)


def told(answer: Answer) -> tuple[str, str | None]:
    """What a client is told, which is the same whoever it asked for."""
    return answer.text, answer.headers["Retry-After"]
