"""How failed logins are counted: the rule, its bounds, and a cache that is down."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.cache import caches
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from redis import Redis as Client

from robots import throttle
from robots.errors import LoginBlocked
from robots.failed_logins import MOST_COUNTED, FailedLogins, failed_logins
from robots.login_attempt import Attempt, Shown
from robots.shared_cache import shared_cache
from tests.clock import WINDOW, StandingClock
from tests.redis_server import Redis, redis_cache

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
COUNTING = "robots.redis_cache.CountingRedisCache"
DJANGOS = "django.core.cache.backends.redis.RedisCache"


def robot(name: str = "acme+ci", address: str | None = HERE) -> Attempt:
    return Attempt(Shown.ROBOT_SECRET, name, address)


def password(name: str = "bob", address: str | None = HERE) -> Attempt:
    return Attempt(Shown.PASSWORD, name, address)


class Process:
    """A process of the site: its own memory, and the clock of all of them."""

    def __init__(self, clock: StandingClock) -> None:
        self.failures = FailedLogins(clock)

    def wait(self, attempt: Attempt) -> int | None:
        """Seconds that a right secret has to wait; None if it passes."""
        return _seconds(lambda: self.failures.check(attempt))

    def fail(self, attempt: Attempt) -> str:
        """What somebody with a wrong secret is told, as the endpoint does it."""
        if self.wait(attempt) is not None:
            return "wait"
        told = _seconds(lambda: self.failures.note(attempt))
        return "wrong" if told is None else "wait"

    def fails(self, attempt: Attempt, times: int) -> Counter[str]:
        return Counter(self.fail(attempt) for _ in range(times))


def _seconds(deed: object) -> int | None:
    assert callable(deed)
    try:
        deed()
    except LoginBlocked as blocked:
        return blocked.retry_after
    return None


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def here(clock: StandingClock) -> Process:
    return Process(clock)


def test_a_pair_waits_after_ten_failures_and_no_other_does(
    here: Process, clock: StandingClock
) -> None:
    assert here.fails(robot(), 15) == {"wrong": 10, "wait": 5}
    assert here.wait(robot()) == WINDOW - 10
    assert here.wait(robot(address=ELSEWHERE)) is None
    assert here.wait(robot("acme+other")) is None
    assert here.wait(Attempt(Shown.APPLICATION_SECRET, "acme+ci", HERE)) is None
    clock.move(WINDOW - 10.5)
    assert here.wait(robot()) == 1
    clock.move(1)
    assert here.wait(robot()) is None
    assert here.fails(robot(), 11) == {"wrong": 10, "wait": 1}


@pytest.mark.parametrize("step", [-1, -3600, 3600])
def test_a_clock_that_is_set_anew_makes_nobody_wait_longer(
    step: int, here: Process, clock: StandingClock
) -> None:
    here.fails(robot(), 10)
    clock.move(step * WINDOW)
    assert here.wait(robot()) is None
    assert here.fail(robot()) == "wrong"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.7", "198.51.100.8", False),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
    ],
)
def test_a_source_is_who_has_the_address(
    one: str, other: str, same: bool, here: Process
) -> None:
    here.fails(robot(address=one), 10)
    assert (here.wait(robot(address=other)) is not None) is same


def test_the_spelling_of_an_address_is_no_way_to_more_guesses(here: Process) -> None:
    for name in ("bob@example.com", "BOB@EXAMPLE.COM"):
        here.fails(password(name), 5)
    assert here.wait(password("Bob@Example.com")) is not None


def test_who_has_no_known_address_is_not_stopped_with_a_right_secret(
    here: Process,
) -> None:
    assert here.fails(robot(address=None), 15) == {"wrong": 10, "wait": 5}
    assert here.wait(robot(address=None)) is None
    here.fails(password(address=None), 10)
    assert here.wait(password(address=None)) is not None
    for number in range(200):
        here.fail(password(f"p{number}", None))
    assert here.wait(password("carol", None)) is None


def test_one_source_with_many_names_is_refused_but_for_right_secrets(
    here: Process,
) -> None:
    told = Counter(here.fail(robot(f"acme+r{n}")) for n in range(150))
    assert told == {"wrong": 100, "wait": 50}
    assert here.wait(robot()) is None
    assert here.fail(robot()) == "wait"
    assert here.fail(robot(address=ELSEWHERE)) == "wrong"
    assert here.wait(password()) is None
    assert here.failures.blocked() == 1


def test_no_password_is_looked_at_from_a_source_that_guesses(here: Process) -> None:
    told = Counter(here.fail(password(f"p{n}")) for n in range(150))
    assert told == {"wrong": 100, "wait": 50}
    assert here.wait(password("carol")) == WINDOW - 10
    assert here.wait(password("carol", ELSEWHERE)) is None
    assert here.wait(robot()) is None


def test_a_token_names_nobody_so_no_pair_waits(here: Process) -> None:
    token = Attempt(Shown.TOKEN, "$app", HERE)
    assert here.fails(token, 120) == {"wrong": 100, "wait": 20}
    assert here.wait(token) is None


def test_each_limit_can_be_off(here: Process, settings: Settings) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    assert here.fails(robot(), 120) == {"wrong": 100, "wait": 20}
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = 0
    here.failures.forget()
    assert here.fails(robot(), 300) == {"wrong": 300}
    assert here.fails(password(), 300) == {"wrong": 300}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "+",
        "a" * 1_000_000,
        "acme+\x00ci",
        "acme+\r\nci\x1b[2J",
        "\udcff+\ud800",
        "ﬁ+ẞıſ",
        "  ",
    ],
    ids=ascii,
)
def test_any_name_is_counted_and_none_is_too_much(name: str, here: Process) -> None:
    for attempt in (robot(name), password(name)):
        assert here.fails(attempt, 12) == {"wrong": 10, "wait": 2}
        assert len(attempt.pair_key()) == 64


def test_memory_is_bounded_whatever_comes(here: Process, settings: Settings) -> None:
    settings.LOGIN_FAILURE_LIMIT = 1
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = 0
    for number in range(100_000):
        here.fail(robot(f"acme+r{number}"))
    assert len(here.failures._counts) == MOST_COUNTED
    assert here.failures.blocked() == MOST_COUNTED
    assert here.wait(robot("acme+r99999")) is not None


def test_names_that_a_waiting_source_makes_up_are_not_kept(here: Process) -> None:
    for number in range(10_000):
        here.fail(robot(f"acme+r{number}"))
    assert len(here.failures._counts) == 101


def test_threads_count_every_failure(here: Process, settings: Settings) -> None:
    settings.LOGIN_FAILURE_LIMIT = 10_000
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = 800
    names = [robot(f"acme+r{n}") for n in range(8)]

    def fail(attempt: Attempt) -> None:
        for _ in range(100):
            here.failures.note(attempt)

    threads = [threading.Thread(target=fail, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    window = here.failures._window
    assert here.failures._counts.add(window, [names[0].source_key()]) == [801]
    assert here.fail(robot("acme+one")) == "wait"


class Model:
    """The rule in a few lines, for one process and one window at a time."""

    def __init__(self, pair: int, source: int) -> None:
        self.limits = pair, source
        self.window, self.pairs, self.sources = 0, Counter[object](), Counter[object]()

    def fail(self, attempt: Attempt, now: float) -> str:
        if int(now // WINDOW) != self.window:
            self.__init__(*self.limits)  # type: ignore[misc]
            self.window = int(now // WINDOW)
        is_password = attempt.shown is Shown.PASSWORD
        pair, source = attempt, (is_password, attempt.address)
        of_pair, of_source = self.limits
        if attempt.address and self.sources[source] >= of_source > 0:
            return "wait"
        if attempt.shown is not Shown.TOKEN and self.pairs[pair] >= of_pair > 0:
            # Whoever is not stopped before is counted on.
            self.pairs[pair] += attempt.address is None and not is_password
            return "wait"
        self.pairs[pair] += 1
        self.sources[source] += 1
        return "wrong"


attempts = st.builds(
    Attempt,
    st.sampled_from([Shown.ROBOT_SECRET, Shown.PASSWORD, Shown.TOKEN]),
    st.sampled_from(["A+B", "C"]),
    st.sampled_from([HERE, ELSEWHERE, None]),
)
steps = st.lists(st.tuples(attempts, st.sampled_from([0, 0, 0, 40])), max_size=120)


@given(steps, st.integers(0, 4), st.integers(0, 9))
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_rule_is_the_model(
    settings: Settings, steps: list[tuple[Attempt, int]], pair: int, source: int
) -> None:
    settings.LOGIN_FAILURE_LIMIT = pair
    settings.LOGIN_FAILURE_ADDRESS_LIMIT = source
    clock = StandingClock()
    real, model = Process(clock), Model(pair, source)
    for attempt, seconds in steps:
        clock.move(seconds)
        assert real.fail(attempt) == model.fail(attempt, clock.now)


@pytest.fixture(params=[COUNTING, DJANGOS])
def redis(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Settings
) -> Iterator[Redis]:
    """Django's default cache, as it ships and as in another project."""
    running = Redis(tmp_path)
    settings.CACHES = redis_cache(running.url, request.param)
    yield running
    running.stop()
    caches.close_all()
    shared_cache.forget()


@pytest.fixture
def there(clock: StandingClock) -> Process:
    """A process of another server."""
    return Process(clock)


def test_a_limit_is_one_for_all_processes(
    redis: Redis, here: Process, there: Process, clock: StandingClock
) -> None:
    assert here.fails(robot(), 6) == there.fails(robot(), 6) - Counter(wait=2) + (
        Counter(wrong=2)
    )
    assert here.fail(robot()) == "wait"
    assert here.wait(robot()) == there.wait(robot()) == WINDOW - 10
    clock.move(WINDOW)
    assert here.wait(robot()) is there.wait(robot()) is None
    assert here.fail(robot()) == "wrong"


def test_a_robot_that_waits_has_one_try_more_elsewhere(
    redis: Redis, here: Process, there: Process
) -> None:
    here.fails(robot(), 10)
    assert there.wait(robot()) is None
    assert _seconds(lambda: there.failures.note(robot())) == WINDOW - 10
    assert there.wait(robot()) == WINDOW - 10


def test_a_password_that_waits_has_none(
    redis: Redis, here: Process, there: Process
) -> None:
    here.fails(password(), 10)
    assert there.wait(password()) == WINDOW - 10
    assert there.wait(password(address=ELSEWHERE)) is None


def test_counts_of_redis_end(redis: Redis, here: Process) -> None:
    here.fails(robot(), 10)
    client = Client.from_url(redis.url)
    names: list[bytes] = client.keys("*")  # type: ignore[assignment]
    ends: list[int] = [client.ttl(name) for name in names]
    client.close()
    assert len(ends) == 2
    assert all(0 < end <= WINDOW for end in ends)
    assert b"acme" not in b"".join(names)
    assert HERE.encode() not in b"".join(names)


def test_without_redis_each_process_counts_for_itself(
    redis: Redis, here: Process, there: Process, caplog: pytest.LogCaptureFixture
) -> None:
    here.fails(robot(), 4)
    redis.stop()
    before = throttle.counts()["shared_cache_failures"]
    assert here.fails(robot(), 10) == {"wrong": 6, "wait": 4}
    assert there.fails(robot(), 12) == {"wrong": 10, "wait": 2}
    assert there.fails(password(), 12) == {"wrong": 10, "wait": 2}
    assert throttle.counts()["shared_cache_failures"] == before + 1
    assert sum("shared cache is down" in line for line in caplog.messages) == 1


def test_an_emptied_redis_frees_nobody_in_a_process_that_knows(
    redis: Redis, here: Process
) -> None:
    here.fails(robot(), 10)
    here.fails(password(), 5)
    caches["default"].clear()
    assert here.wait(robot()) is not None
    assert here.fails(password(), 6) == {"wrong": 5, "wait": 1}


def test_what_is_throttled_can_be_counted(clock: StandingClock) -> None:
    process = Process(clock)
    before = throttle.counts()
    assert before.keys() == {
        "blocked", "refused_logins", "refused_tokens", "shared_cache_failures",
    }  # fmt: skip
    failed_logins.clock, real = clock, failed_logins.clock
    try:
        process.failures = failed_logins
        process.fails(robot(), 13)
        after = throttle.counts()
        clock.move(WINDOW)
        later = throttle.counts()
    finally:
        failed_logins.clock = real
    assert after["blocked"] - before["blocked"] == 1
    assert after["refused_logins"] - before["refused_logins"] == 3
    assert (later["blocked"], later["refused_logins"]) == (0, after["refused_logins"])


def test_a_wait_only_gets_shorter(here: Process, clock: StandingClock) -> None:
    here.fails(robot(), 10)
    waits = []
    for _ in range(29):
        waits.append(here.wait(robot()) or 0)
        clock.move(10)
    assert all(later < sooner for sooner, later in pairwise(waits))
