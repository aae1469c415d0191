"""Real servers with two workers each tell one truth, whoever answers."""

import base64
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import Request, urlopen

from quaysite.metrics.publishing import SECONDS
from tests.quaysite.scraping import HEADERS, TOKEN, Numbers, number, numbers_in, total
from tests.quaysite.servers import BOTH, Running, database, migrated, start, until

__all__ = ["database", "migrated", "start"]

PATH = "/v2/auth?service=127.0.0.1:5000"
WRONG = "Basic " + base64.b64encode(b"acme+ci:wrong").decode()
REFUSED = {"kind": "robot_static", "result": "refused"}
GRANTED = {"kind": "robot_static", "result": "granted"}
PATIENT = {"LOGIN_FAILURE_LIMIT": "0", "LOGIN_FAILURE_ADDRESS_LIMIT": "0"}
"""However often a secret is wrong, the answer is 401."""


def scrape(server: Running) -> Numbers:
    request = Request(f"http://{server.address}/metrics", headers=HEADERS)
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        return numbers_in(answer.read().decode())


def settled(server: Running, **labels: str) -> float:
    """The count of logins once every worker has told: after SECONDS it is so."""
    time.sleep(SECONDS + 1)
    return number(scrape(server), "logins_total", **labels)


def ask_at_once(server: Running, login: str, times: int) -> list[int]:
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(server.get, PATH, Authorization=login) for _ in range(times)
        ]
        return [answer.result() for answer in asked]


def kill(server: Running, worker: int) -> None:
    """End it, and return once another one is in its place."""
    os.kill(worker, signal.SIGKILL)
    until(lambda: len(server.workers()) == 2 and worker not in server.workers())


@BOTH
def test_counts_of_all_workers_add_up_also_of_killed_ones(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    server = start(command, METRICS_TOKEN=TOKEN, WORKERS="2", **PATIENT)
    server.manage("create_organization", "acme")
    secret = server.manage("create_robot", "acme+ci").split()[-1]
    right = "Basic " + base64.b64encode(f"acme+ci:{secret}".encode()).decode()
    assert ask_at_once(server, WRONG, 60) == [401] * 60
    assert ask_at_once(server, right, 60) == [200] * 60
    assert settled(server, **REFUSED) == 60
    numbers = scrape(server)
    assert number(numbers, "logins_total", **GRANTED) == 60
    assert number(numbers, "refusals_total", reason="bad_credentials") == 60
    count = "token_duration_seconds_count"
    assert number(numbers, count, kind="robot_static") == 120
    answers = {"endpoint": "token", "code": "2xx"}
    assert number(numbers, "http_responses_total", **answers) == 60
    assert number(numbers, "workers") == 2

    until(lambda: len(server.workers()) == 2)
    kill(server, server.workers()[0])
    until(lambda: number(scrape(server), "workers") == 2)
    for _ in range(6):
        assert number(scrape(server), "logins_total", **REFUSED) == 60
    assert ask_at_once(server, WRONG, 30) == [401] * 30
    assert settled(server, **REFUSED) == 90
    # Of the killed one nothing waits to be written any more.
    waiting = total(scrape(server), "usage_unwritten", what="logins")
    assert 0 <= waiting <= 150


@BOTH
def test_no_counter_ever_goes_back(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    """Prometheus takes a counter that does for one that began anew, and adds it all."""
    server = start(command, METRICS_TOKEN=TOKEN, WORKERS="2", **PATIENT)
    seen = [0.0]
    for round_ in range(25):
        ask_at_once(server, WRONG, 4)
        seen.append(number(scrape(server), "logins_total", **REFUSED))
        if round_ == 12:
            os.kill(server.process.pid, signal.SIGHUP)
    assert seen == sorted(seen)
    assert settled(server, **REFUSED) == 100


@BOTH
def test_what_is_throttled_adds_up_also_of_killed_workers(
    command: list[str], database: Path, start: Callable[..., Running]
) -> None:
    day = {"LOGIN_FAILURE_LIMIT": "3", "LOGIN_FAILURE_WINDOW": "86400"}
    server = start(command, METRICS_TOKEN=TOKEN, WORKERS="2", **day)
    answers = Counter(ask_at_once(server, WRONG, 60))
    assert answers.keys() == {401, 429}
    settled(server, **REFUSED)
    numbers = scrape(server)
    assert number(numbers, "throttled_total", what="login") == answers[429]
    # Without a shared cache each worker counts for itself.
    assert 1 <= number(numbers, "logins_blocked") <= 2

    until(lambda: len(server.workers()) == 2)
    for victim in server.workers():
        kill(server, victim)
    until(lambda: number(scrape(server), "workers") == 2)
    numbers = scrape(server)
    assert number(numbers, "throttled_total", what="login") == answers[429]
    assert number(numbers, "logins_blocked") == 0


@BOTH
def test_without_a_token_the_servers_have_no_metrics(
    command: list[str], start: Callable[..., Running]
) -> None:
    server = start(command, WORKERS="1")
    assert server.get("/metrics", **HEADERS) == 404


@BOTH
def test_a_short_token_is_refused_at_the_start(
    command: list[str], start: Callable[..., Running]
) -> None:
    try:
        start(command, METRICS_TOKEN="short")
    except RuntimeError as error:
        assert "METRICS_TOKEN is shorter than 32 characters" in str(error)
    else:
        raise AssertionError("it serves")


@BOTH
def test_a_stopped_server_leaves_a_folder_that_the_next_one_removes(
    command: list[str], tmp_path: Path, start: Callable[..., Running]
) -> None:
    server = start(command, METRICS_TOKEN=TOKEN)
    assert server.get("/metrics", **HEADERS) == 200
    (first,) = (path for path in (tmp_path / "metrics").iterdir() if path.is_dir())
    server.process.kill()
    start(command, METRICS_TOKEN=TOKEN)
    left = [path for path in (tmp_path / "metrics").iterdir() if path.is_dir()]
    assert len(left) == 1 and left != [first]
