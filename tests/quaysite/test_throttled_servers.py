"""S-26 with two real servers that share a database and a Redis."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.e2e.processes import CHECKOUT
from tests.quaysite.servers import SERVE, Running, environment
from tests.redis_server import Redis
from tests.registryauth.endpoint import SERVICE, basic

ATTACKER, CLIENT = "198.51.100.7", "203.0.113.9"
DAY = "86400"
"""A window that does not end during a test."""


def ask(server: Running, name: str, secret: str, address: str, post: bool) -> int:
    """The status of a request that a proxy passed on."""
    headers = {"X-Forwarded-For": address}
    data = None
    if post:
        form = {"grant_type": "password", "username": name, "password": secret}
        data = urlencode(form | {"service": SERVICE, "client_id": "x"}).encode()
    else:
        headers["Authorization"] = basic(name, secret)
    url = f"http://{server.address}/v2/auth"
    try:
        with urlopen(Request(url, data, headers), timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as error:
        with error:
            if error.code == 429:
                assert 0 < int(error.headers["Retry-After"]) <= int(DAY)
            return error.code


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    running = Redis(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def servers(tmp_path: Path, redis: Redis) -> Iterator[tuple[Running, Running]]:
    """One process each, so that what the other one knows is in Redis alone."""
    settings = {
        "WORKERS": "1",
        "CACHE_URL": redis.url,
        "TRUSTED_PROXY_COUNT": "1",
        "LOGIN_FAILURE_WINDOW": DAY,
        "ROBOT_TOKEN_BUDGET": "50",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=CHECKOUT,
        env=environment(tmp_path),
        timeout=300,
        check=True,
    )
    with ExitStack() as stack:
        both = []
        for _ in range(2):
            both.append(Running(SERVE, tmp_path, **settings))
            stack.callback(both[-1].process.stop)
        yield both[0], both[1]


def test_s26_an_attack_on_two_servers_stops_the_attacker_and_nobody_else(
    servers: tuple[Running, Running], redis: Redis
) -> None:
    one, two = servers
    one.manage("create_organization", "acme")
    made = json.loads(one.manage("create_robot", "acme+ci", "--json"))
    right = made["token"]
    told = Counter(
        ask(server, "acme+ci", "wrong", ATTACKER, post)
        for _ in range(10)
        for server, post in ((one, False), (two, True))
    )
    # Both learn that it is too much with a failure of their own.
    assert told[401] == 10
    assert told[429] == 10
    for server in servers:
        for post in (False, True):
            assert ask(server, "acme+ci", right, ATTACKER, post) == 429
            assert ask(server, "acme+ci", right, CLIENT, post) == 200
    redis.stop()
    for server in servers:
        assert ask(server, "acme+ci", right, CLIENT, post=False) == 200
        assert ask(server, "acme+ci", right, ATTACKER, post=False) == 429
        assert ask(server, "acme+ci", "wrong", "192.0.2.4", post=True) == 401
    assert one.log("err").count(b"logins blocked: robot acme+ci") == 2
    assert right.encode() not in one.log("err")
    assert b"Traceback" not in one.log("err")
