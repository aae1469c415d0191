"""How fast keyless login is, beside a static token: ratios of one run.

Starts a site of its own on a free port (SQLite, or the database of DATABASE_URL)
and asks it from a few connections in turn. `python -m benchmarks.exchange`
"""

import argparse
import http.client
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.e2e.databases import new_database
from tests.e2e.site import Site
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import basic

CONNECTIONS = 8
ROBOT = "acme+ci"
EXCHANGE = "/oauth2/federation/robot/token"
QUIET = {"LOG_LEVEL": "WARNING", "GUNICORN_CMD_ARGS": "", "WORKERS": "2"}
SET_UP = f"""
import json, sys
from federation.models import Trust
from robots.audit import Performer
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant
from robots.lifecycle.repositories import create_repository
from robots.lifecycle.robots import create_robot
from robots.roles import Role
given = json.load(sys.stdin)
by = Performer.command("benchmark")
acme = create_organization("acme", by)
robot, secret = create_robot(acme, "ci", by)
grant(create_repository(acme, "web", by), robot, Role.WRITE, by)
trust = Trust(robot=robot, subject={SUBJECT!r}, single_use=True, **given)
trust.save()
print(secret.reveal())
"""


class Measured(NamedTuple):
    """One path: requests a second, and milliseconds of half of them, and of 99 %."""

    rate: float
    median: float
    slowest: float


def measure(address: str, requests: Iterator[tuple[str, str]]) -> Measured:
    """Send each (path, Authorization header) once; raises RuntimeError unless 200."""
    todo = list(requests)
    parts = [todo[number::CONNECTIONS] for number in range(CONNECTIONS)]
    start = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        times = list(
            itertools.chain.from_iterable(
                pool.map(lambda part: _ask(address, part), parts)
            )
        )
    rate = len(todo) / (time.perf_counter() - start)
    cuts = statistics.quantiles(times, n=100)
    return Measured(rate, statistics.median(times), cuts[98])


def _ask(address: str, requests: list[tuple[str, str]]) -> list[float]:
    connection, times = http.client.HTTPConnection(address), []
    for path, login in requests:
        start = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": login})
        response = connection.getresponse()
        answer = response.read()
        times.append((time.perf_counter() - start) * 1000)
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {answer!r}")
    connection.close()
    return times


def paths(
    site: Site, signer: Signer, secret: str, count: int
) -> Mapping[str, Iterator[tuple[str, str]]]:
    """What is measured, the baseline first. Tokens are signed before the clock runs."""
    query = {"service": site.registry, "scope": "repository:acme/web:pull"}
    token_path = f"/v2/auth?{urlencode(query)}"
    fresh = [basic(ROBOT, signer.token()) for _ in range(count)]
    federated = _exchanged(site.address, basic(ROBOT, signer.token()))
    password = basic(ROBOT, signer.token())
    return {
        "static token": _repeated(token_path, basic(ROBOT, secret), count),
        "federated token": _repeated(token_path, basic(ROBOT, federated), count),
        "warm exchange, a new token each": ((EXCHANGE, login) for login in fresh),
        "issuer's token as the password": _repeated(token_path, password, count),
    }


def _repeated(path: str, login: str, count: int) -> Iterator[tuple[str, str]]:
    return itertools.repeat((path, login), count)


def _exchanged(address: str, login: str) -> str:
    connection = http.client.HTTPConnection(address)
    connection.request("GET", EXCHANGE, headers={"Authorization": login})
    text = connection.getresponse().read().decode()
    connection.close()
    return text.split('"')[3]


def run(count: int, folder: Path) -> None:
    """Print one line for each path."""
    database, signer = new_database(folder), Signer()
    given = json.dumps({"issuer": signer.issuer, "keys": signer.jwks()})
    site = Site("bench", folder, database, **QUIET)
    try:
        site.manage("migrate", "-v0")
        secret = site.manage("shell", "-v0", "-c", SET_UP, stdin=given).strip()
        with site.serving():
            report(site.address, paths(site, signer, secret, count))
    finally:
        database.drop()


def report(address: str, paths: Mapping[str, Iterator[tuple[str, str]]]) -> None:
    """Measure each path in turn, against the first one."""
    baseline = None
    for name, requests in paths.items():
        found = measure(address, requests)
        baseline = baseline or found
        print(
            f"{name:32} {found.rate:6.0f}/s  p50 {found.median:6.1f} ms"
            f"  p99 {found.slowest:6.1f} ms  ratio {found.rate / baseline.rate:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000, help="requests a path")
    with tempfile.TemporaryDirectory() as folder:
        run(parser.parse_args().count, Path(folder))


if __name__ == "__main__":
    main()
