"""Two processes of Quaysite behind a load balancer are one site to whoever asks."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.accounts import Account
from tests.e2e.conftest import Cast, new_casts
from tests.e2e.databases import PostgresDatabase
from tests.e2e.endpoint import ask, granted, registry_get, request, token
from tests.e2e.processes import Process, accepts_connections, free_address
from tests.e2e.programs import require
from tests.e2e.site import Site
from tests.federation.issuer import DISCOVERY, KEYS, FakeIssuer
from tests.programs import SEARCH_PATH
from tests.scaling.haproxy import SERVED_BY, running_haproxy

pytestmark = pytest.mark.e2e


class Redis:
    """A Redis that can be stopped."""

    def __init__(self, folder: Path) -> None:
        address = free_address()
        self.url = f"redis://{address}/0"
        port = address.rpartition(":")[2]
        command = [
            *(require("redis-server"), "--port", port, "--bind", "127.0.0.1"),
            *("--save", "", "--dir", str(folder)),
        ]
        self.process = Process("redis", command, {"PATH": SEARCH_PATH}, folder)
        self.process.wait_until(lambda: accepts_connections(address))


@dataclass(frozen=True)
class Fleet:
    """Two servers with the same database, keys and Redis, and what is before them."""

    one: Site
    two: Site
    redis: Redis
    address: str

    @property
    def sites(self) -> tuple[Site, Site]:
        return self.one, self.two


@pytest.fixture
def fleet(staged: Site, stack: ExitStack, folder: Path) -> Fleet:
    redis = Redis(folder)
    stack.callback(redis.process.stop)
    common = {
        "CACHE_URL": redis.url,
        "REGISTRY_SERVICES": staged.registry,
        "TRUSTED_PROXY_COUNT": "1",
        "WORKERS": "1",
    }
    one, two = (
        stack.enter_context(staged.sibling(name, database=None, **common).serving())
        for name in ("one", "two")
    )
    for site in (one, two):
        site.registry = staged.registry
    address = stack.enter_context(running_haproxy(folder, [one.address, two.address]))
    return Fleet(one, two, redis, address)


def through(fleet: Fleet, who: Account, scope: str) -> tuple[int, str, set[str]]:
    """Status, who served, and the actions granted, by way of the balancer."""
    answer = request(
        "GET",
        fleet.address,
        f"/v2/auth?service={fleet.one.registry}&scope={scope}",
        headers={"Authorization": f"Basic {who.basic}", "Host": fleet.one.address},
    )
    actions = granted(answer).popitem()[1] if answer.status == 200 else set()
    return answer.status, answer.headers[SERVED_BY], actions


def test_both_serve_and_a_revocation_holds_on_both_at_the_next_request(
    fleet: Fleet, cast: Cast
) -> None:
    scope = f"repository:{cast.repository('web')}:pull"
    found = [through(fleet, cast.reader, scope) for _ in range(6)]
    assert {(status, *actions) for status, _, actions in found} == {(200, "pull")}
    assert {served for _, served, _ in found} == {"site0", "site1"}

    fleet.one.manage("revoke", cast.reader.name, cast.repository("web"))
    found = [through(fleet, cast.reader, scope) for _ in range(6)]
    assert [actions for _, _, actions in found] == [set()] * 6

    fleet.two.call("set_robot_enabled", robot=cast.reader.name, enabled=False)
    assert {through(fleet, cast.reader, scope)[0] for _ in range(6)} == {401}


def test_what_one_changes_through_the_api_the_other_knows(
    fleet: Fleet, cast: Cast
) -> None:
    scope = f"repository:{cast.repository('web')}:pull"
    assert ask(fleet.two, cast.reader, scope).status == 200
    short = cast.reader.name.partition("+")[2]
    renewed = request(
        "POST",
        fleet.one.address,
        f"/api/v1/organization/{cast.organization}/robots/{short}/regenerate",
        headers={"Authorization": f"Bearer {cast.api.secret}"},
    )
    assert renewed.status == 200, renewed.text
    new = fleet.one.account(cast.reader.name, renewed.json["token"])
    assert ask(fleet.two, cast.reader, scope).status == 401
    assert ask(fleet.two, new, scope).status == 200


def test_a_registry_accepts_the_tokens_of_both(fleet: Fleet, cast: Cast) -> None:
    fleet.one.start_registry()
    web = cast.repository("web")
    for site in fleet.sites:
        bearer = token(site, cast.reader, f"repository:{web}:pull")
        # Nothing was pushed yet: the registry let it in, and found nothing.
        assert registry_get(fleet.one, f"/v2/{web}/tags/list", bearer).status == 404


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as issuer:
        yield issuer


def exchange(site: Site, robot: Account, issuer: FakeIssuer) -> Account:
    with requests.Session() as session:
        session.trust_env = False
        made = session.get(
            f"http://{site.address}/oauth2/federation/robot/token",
            auth=(robot.name, issuer.signer.token().reveal()),
            timeout=30,
        )
    assert made.status_code == 200, made.text
    return site.account(robot.name, made.json()["token"])


def trust(site: Site, cast: Cast, issuer: FakeIssuer) -> None:
    short = cast.reader.name.partition("+")[2]
    answer = request(
        "POST",
        site.address,
        f"/api/v1/organization/{cast.organization}/robots/{short}/federation",
        headers={"Authorization": f"Bearer {cast.api.secret}"},
        document=[{"issuer": issuer.url, "subject": issuer.signer.claims()["sub"]}],
    )
    assert answer.status == 200, answer.text


def test_an_issuer_is_asked_once_for_both_and_a_token_of_one_works_at_the_other(
    fleet: Fleet, cast: Cast, issuer: FakeIssuer
) -> None:
    trust(fleet.one, cast, issuer)
    scope = f"repository:{cast.repository('web')}:pull"

    jobs = [exchange(site, cast.reader, issuer) for site in fleet.sites]

    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}
    for job, other in zip(jobs, reversed(fleet.sites), strict=True):
        assert granted(ask(other, job, scope)) == {cast.repository("web"): {"pull"}}


def test_without_redis_everything_goes_on(
    fleet: Fleet, cast: Cast, issuer: FakeIssuer
) -> None:
    trust(fleet.one, cast, issuer)
    scope = f"repository:{cast.repository('web')}:pull"
    fleet.redis.process.stop()

    for site in fleet.sites:
        job = exchange(site, cast.reader, issuer)
        for who in (job, cast.reader, cast.owner):
            assert ask(site, who, scope).status == 200
    assert issuer.fetches == {DISCOVERY: 2, KEYS: 2}


def test_one_that_ends_takes_no_request_with_it(fleet: Fleet, cast: Cast) -> None:
    scope = f"repository:{cast.repository('web')}:pull"
    fleet.two._stop()
    found = [through(fleet, cast.reader, scope) for _ in range(8)]
    assert [(status, served) for status, served, _ in found] == [(200, "site0")] * 8


def test_databases_away_are_503_through_the_balancer_too(
    fleet: Fleet, staged: Site, database: PostgresDatabase
) -> None:
    cast = next(new_casts(staged, 1))
    scope = f"repository:{cast.repository('web')}:pull"
    assert through(fleet, cast.reader, scope)[0] == 200
    with database.away():
        assert {through(fleet, cast.reader, scope)[0] for _ in range(4)} == {503}
    assert {through(fleet, cast.reader, scope)[0] for _ in range(4)} == {200}
