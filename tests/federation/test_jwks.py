"""Keys are kept, renewed and waited for; whoever serves them is a real server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from federation import jwks, key_cache
from federation.errors import Code, Refused, Unavailable
from federation.fetching import FetchFailed
from federation.keys import VerifyingKey
from tests.federation.issuer import DISCOVERY, KEYS, Answer, FakeIssuer
from tests.federation.surroundings import Clock

FRESH = 600
MAX = 24 * 3600
COOLDOWN = 60


@pytest.fixture(autouse=True)
def loopback_http(settings: Settings) -> None:
    settings.FEDERATION_ALLOW_LOOPBACK_HTTP = True
    settings.FEDERATION_KEYS_FRESH_SECONDS = FRESH
    settings.FEDERATION_KEYS_MAX_SECONDS = MAX
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = COOLDOWN


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def key(issuer: FakeIssuer, kid: str | None = None) -> VerifyingKey:
    return jwks.signing_key(issuer.url, kid or issuer.signer.kid)


def refusal(issuer: FakeIssuer, kid: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        key(issuer, kid)
    return caught.value


def unavailable(issuer: FakeIssuer) -> Unavailable:
    refused = refusal(issuer)
    assert isinstance(refused, Unavailable)
    return refused


def wait_until(holds: Callable[[], bool]) -> None:
    """Return when it does; AssertionError if it does not within a second and a half."""
    deadline = time.monotonic() + 1.5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_good(issuer: FakeIssuer) -> bool:
    """Whether the key that is had is the one that the issuer signs with."""
    public = issuer.signer.key.public_key()
    found = key(issuer).key
    return bool(found.public_numbers() == public.public_numbers())  # type: ignore[union-attr]


# --- Warm and cold ----------------------------------------------------------------


def test_keys_are_asked_for_once_and_parsed_once(issuer: FakeIssuer) -> None:
    first = key(issuer)
    assert all(key(issuer) is first for _ in range(100))
    assert is_good(issuer)
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_another_process_finds_them_in_the_shared_cache(issuer: FakeIssuer) -> None:
    key(issuer)
    jwks.forget_keys()
    assert is_good(issuer)
    assert issuer.total == 2


def test_many_at_once_on_a_cold_start_cause_one_fetch(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(key, issuer) for _ in range(40)]
        threading.Timer(0.3, released.set).start()
        kids = {one.result().kid for one in asked}
    assert kids == {issuer.signer.kid}
    assert issuer.fetches == {DISCOVERY: 1, KEYS: 1}


def test_many_at_once_on_a_cold_start_fail_together(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[DISCOVERY] = Answer(status=500, wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(unavailable, issuer) for _ in range(20)]
        threading.Timer(0.2, released.set).start()
        reasons = {one.result().reason for one in asked}
    assert issuer.total == 1
    assert reasons == {
        "no keys of the issuer; failed: it answered 500; only 200 counts"
    }


def test_more_than_there_is_room_for_wait_for_a_short_time(issuer: FakeIssuer) -> None:
    released = threading.Event()
    issuer.answers[DISCOVERY] = Answer(status=500, wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(unavailable, issuer) for _ in range(20)]
        at_once = 20 - 1 - jwks.MAX_WAITING
        wait_until(lambda: sum(one.done() for one in asked) == at_once)
        began = time.monotonic()
        unavailable(issuer)
        assert time.monotonic() - began < 0.3, "it was asked long enough ago"
        released.set()
    assert all(one.done() for one in asked)
    assert issuer.total == 1


def test_issuers_that_never_answer_leave_known_keys_in_use(
    issuer: FakeIssuer, clock: Clock
) -> None:
    """Who may make trusts can name any number of such issuers."""
    released, places = threading.Event(), jwks.MAX_ASKING_AGAIN
    with ExitStack() as stack, ThreadPoolExecutor(places) as pool:
        dead = [stack.enter_context(FakeIssuer()) for _ in range(places)]
        assert all(is_good(one) for one in (issuer, *dead))
        clock.move(FRESH + 1)
        asked_before = issuer.total
        for silent in dead:
            silent.answers[DISCOVERY] = Answer(status=500, wait=released)
            pool.submit(key, silent)
        wait_until(lambda: all(one.fetches[DISCOVERY] == 2 for one in dead))
        assert is_good(issuer)
        assert issuer.total == asked_before, "nobody had room to ask again"
        released.set()
    assert is_good(issuer)
    assert issuer.total == asked_before + 2


def test_issuers_that_never_answer_leave_room_for_those_with_keys(
    issuer: FakeIssuer, clock: Clock
) -> None:
    released, places = threading.Event(), jwks.MAX_ASKING
    with ExitStack() as stack, ThreadPoolExecutor(places) as pool:
        dead = [stack.enter_context(FakeIssuer()) for _ in range(places)]
        assert is_good(issuer)
        clock.move(COOLDOWN + 1)
        issuer.signer.rotate()
        for silent in dead:
            silent.answers[DISCOVERY] = Answer(status=500, wait=released)
            pool.submit(unavailable, silent)
        wait_until(lambda: all(one.total == 1 for one in dead))
        assert is_good(issuer), "its new key is asked for all the same"
        with FakeIssuer() as new:
            new.signer.kid = "any"
            assert "enough other issuers" in unavailable(new).reason
            assert new.total == 0
        released.set()


def test_an_issuer_that_is_slow_from_the_start_is_left_alone_for_longer(
    issuer: FakeIssuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_: str) -> str:
        raise FetchFailed("it took too long")

    with monkeypatch.context() as dead:
        dead.setattr(jwks, "discover", slow)
        unavailable(issuer)
    clock.move(COOLDOWN + 1)
    assert unavailable(issuer).code is Code.UNAVAILABLE
    assert issuer.total == 0
    clock.move((jwks.SLOW_COOLDOWNS - 1) * COOLDOWN)
    assert is_good(issuer)
    with monkeypatch.context() as dead:
        dead.setattr(jwks, "discover", slow)
        clock.move(FRESH + 1)
        assert is_good(issuer), "with the keys that it gave before"
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)
    assert issuer.total == 4, "one that gave keys is asked again as usual"


def test_a_process_that_died_over_asking_is_not_waited_for(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now() - 7}")
    started = time.monotonic()
    assert "asking" in unavailable(issuer).reason
    assert time.monotonic() - started < 1
    assert issuer.total == 0
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)


def test_waiting_ends_after_its_time(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "WAIT_SECONDS", 0.2)
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now() + 100}")
    assert unavailable(issuer)
    assert issuer.total == 0


# --- Ages -------------------------------------------------------------------------


def test_fresh_keys_are_not_asked_for(issuer: FakeIssuer, clock: Clock) -> None:
    key(issuer)
    clock.move(FRESH - 5)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 1


def test_keys_that_are_no_longer_fresh_are_asked_for(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(FRESH + 1)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 2
    clock.move(FRESH - 5)
    assert key(issuer)
    assert issuer.fetches[KEYS] == 2


def test_a_key_that_the_issuer_withdrew_is_gone_when_fresh_ends(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.signer.rotate()
    assert key(issuer, "key-1")
    clock.move(FRESH + 1)
    assert refusal(issuer, "key-1").check == "keys"
    assert is_good(issuer)


def test_while_one_renews_the_others_go_on(issuer: FakeIssuer, clock: Clock) -> None:
    key(issuer)
    clock.move(FRESH + 1)
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(key, issuer)
        while issuer.fetches[KEYS] < 2:
            pass
        assert all(is_good(issuer) for _ in range(20))
        assert not renewing.done()
        released.set()
    assert issuer.fetches[KEYS] == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(drop=True),
        Answer('{"keys": []}'),
        Answer("no JSON"),
        Answer("x" * 100_000),
        Answer('{"keys": []}', content_type="text/html"),
    ],
    ids=["503", "hangs up", "empty", "broken", "huge", "HTML"],
)
def test_old_keys_serve_on_until_they_are_void(
    answer: Answer, issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.answers[KEYS] = answer
    for _ in range(3):
        clock.move(FRESH + 1)
        assert is_good(issuer)
    assert issuer.fetches[KEYS] == 4
    clock.move(MAX)
    assert unavailable(issuer)
    assert issuer.fetches[KEYS] == 5


def test_void_keys_count_for_nothing_though_a_cache_kept_them(
    issuer: FakeIssuer, clock: Clock, settings: Settings
) -> None:
    key(issuer)
    issuer.fail()
    settings.FEDERATION_KEYS_MAX_SECONDS = 1000
    clock.move(999)
    assert is_good(issuer)
    clock.move(1)
    assert unavailable(issuer)


def test_keys_from_the_future_are_asked_for_again(
    issuer: FakeIssuer, clock: Clock
) -> None:
    clock.move(10 * 365 * 24 * 3600)
    key(issuer)
    clock.move(-10 * 365 * 24 * 3600)
    cached = key_cache.load(issuer.url)
    assert cached
    cache.clear()
    jwks.forget_keys()
    key_cache.keep(issuer.url, cached)
    assert is_good(issuer)
    assert issuer.fetches[KEYS] == 2


# --- Unknown keys -----------------------------------------------------------------


def test_a_rotated_key_is_found_after_the_cool_down(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    assert is_good(issuer)
    assert issuer.fetches[KEYS] == 2


def test_many_with_a_rotated_key_are_all_let_in(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    released = threading.Event()
    issuer.answers[KEYS] = Answer(issuer.signer.jwks(), wait=released)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(is_good, issuer) for _ in range(20)]
        threading.Timer(0.2, released.set).start()
        assert all(one.result() for one in asked)
    assert issuer.fetches[KEYS] == 2


def test_an_unknown_key_says_so_to_administrators_only(issuer: FakeIssuer) -> None:
    refused = refusal(issuer, "stranger\x00" + "x" * 1000)
    assert (refused.code, refused.check, refused.claim) == (
        Code.INVALID_GRANT,
        "keys",
        "kid",
    )
    assert refused.expected == ["key-1"]
    assert refused.actual.startswith("stranger?x")
    assert len(refused.actual) < 300
    assert refused.message == "Token does not match robot"


# --- No keys ----------------------------------------------------------------------


def test_an_issuer_without_usable_keys_is_unavailable(issuer: FakeIssuer) -> None:
    issuer.answers[KEYS] = Answer('{"keys": []}')
    refused = unavailable(issuer)
    assert refused.code is Code.UNAVAILABLE
    assert refused.reason.endswith("none of its keys can verify a token")
    assert jwks.is_unavailable(issuer.url)


def test_a_failure_starts_the_cool_down_too(issuer: FakeIssuer, clock: Clock) -> None:
    issuer.fail()
    for _ in range(50):
        unavailable(issuer)
    assert issuer.fetches == {DISCOVERY: 1}
    clock.move(COOLDOWN - 5)
    issuer.recover()
    unavailable(issuer)
    assert issuer.total == 1
    clock.move(6)
    assert is_good(issuer)


def test_how_an_issuers_keys_stand_is_known_without_asking_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert jwks.standing(issuer.url) is jwks.Standing.UNKNOWN
    key(issuer)
    assert jwks.standing(issuer.url) is jwks.Standing.FRESH
    asked = issuer.total
    clock.move(FRESH + 1)
    assert jwks.standing(issuer.url) is jwks.Standing.OLD
    clock.move(MAX)
    assert jwks.standing(issuer.url) is jwks.Standing.UNKNOWN
    assert issuer.total == asked
    issuer.fail()
    unavailable(issuer)
    assert jwks.standing(issuer.url) is jwks.Standing.UNAVAILABLE


def test_whether_an_issuer_is_unavailable_is_known_without_asking_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert not jwks.is_unavailable(issuer.url)
    assert issuer.total == 0
    issuer.fail()
    unavailable(issuer)
    assert jwks.is_unavailable(issuer.url)
    clock.move(COOLDOWN + 1)
    assert not jwks.is_unavailable(issuer.url)
    assert issuer.total == 1


def test_an_issuer_that_is_down_with_keys_kept_is_available(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    issuer.fail()
    clock.move(FRESH + 1)
    assert key(issuer)
    assert issuer.total == 3
    assert not jwks.is_unavailable(issuer.url)


def test_what_failed_is_logged(
    issuer: FakeIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.answers[DISCOVERY] = Answer("canary", content_type="text/html")
    unavailable(issuer)
    assert f"No keys from {issuer.url}: its answer is not JSON" in caplog.text
    assert "canary" not in caplog.text


def test_a_cool_down_of_nothing_is_a_second(
    issuer: FakeIssuer, settings: Settings, clock: Clock
) -> None:
    settings.FEDERATION_KEYS_COOLDOWN_SECONDS = 0
    issuer.fail()
    for _ in range(20):
        unavailable(issuer)
    assert issuer.total == 1


# --- Which issuers ----------------------------------------------------------------


def test_an_issuer_that_the_operator_does_not_name_is_not_asked(
    issuer: FakeIssuer, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://issuer.example", f"{issuer.url}/"]
    assert refusal(issuer).check == "issuer"
    assert issuer.connections == 0
    settings.FEDERATION_ISSUERS = [issuer.url]
    assert is_good(issuer)


def test_keys_that_are_kept_do_not_serve_an_issuer_that_was_struck_off(
    issuer: FakeIssuer, settings: Settings
) -> None:
    key(issuer)
    settings.FEDERATION_ISSUERS = ["https://issuer.example"]
    assert refusal(issuer).check == "issuer"


def test_each_issuer_has_its_own_keys(issuer: FakeIssuer) -> None:
    with FakeIssuer() as other:
        other.signer.rotate()
        assert is_good(issuer)
        assert is_good(other)
        assert refusal(issuer, other.signer.kid).check == "keys"
        assert refusal(other, issuer.signer.kid).check == "keys"


def test_an_issuer_that_no_url_could_be_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        jwks.signing_key("https://issuer.example/\ud800", "k")


# --- The cache --------------------------------------------------------------------


def corrupted(issuer: FakeIssuer, change: str) -> None:
    """Put something else where the keys are kept, in the cache and in the copy."""
    record = json.loads(key_cache.load(issuer.url) or "")
    changes = {
        "no JSON": "x",
        "no object": "[]",
        "null": "null",
        "empty": "{}",
        "deep": "[" * 100_000,
        "of another issuer": json.dumps(record | {"issuer": "https://other.example"}),
        "no time": json.dumps(record | {"fetched_at": "x"}),
        "null time": json.dumps(record | {"fetched_at": None}),
        "no keys": json.dumps(record | {"keys": "{}"}),
        "keys are a list": json.dumps(record | {"keys": [1]}),
        "keys are a number": json.dumps(record | {"keys": 1}),
    }
    key_cache.keep(issuer.url, changes[change])


@pytest.mark.parametrize(
    "change",
    [
        "no JSON",
        "no object",
        "null",
        "empty",
        "deep",
        "of another issuer",
        "no time",
        "null time",
        "no keys",
        "keys are a list",
        "keys are a number",
    ],
)
def test_a_cache_entry_that_makes_no_sense_is_as_good_as_none(
    change: str, issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    corrupted(issuer, change)
    assert unavailable(issuer)
    clock.move(COOLDOWN + 1)
    assert is_good(issuer)


def test_what_is_kept_is_text(issuer: FakeIssuer) -> None:
    key(issuer)
    digests = [name for name in cache._cache if "federation:keys" in name]  # type: ignore[attr-defined]
    (name,) = digests
    kept = cache.get(name.split(":", 2)[2])
    assert json.loads(kept.partition(" ")[2])["keys"] == issuer.signer.jwks()
    assert issuer.url not in name


def test_an_entry_that_is_no_text_is_not_used(issuer: FakeIssuer) -> None:
    key(issuer)
    (name,) = [name for name in cache._cache if "federation:keys" in name]  # type: ignore[attr-defined]
    cache.set(name.split(":", 2)[2], {"a": 1})
    assert is_good(issuer)
    assert issuer.total == 2


def test_a_cache_that_was_emptied_asks_nobody(issuer: FakeIssuer) -> None:
    key(issuer)
    cache.clear()
    assert is_good(issuer)
    assert issuer.total == 2


def test_when_another_process_asks_this_one_waits_for_it(
    issuer: FakeIssuer, clock: Clock
) -> None:
    key(issuer)
    clock.move(COOLDOWN + 1)
    # The other process's claim is in the shared cache, and not among the copies here.
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now()}")
    key_cache.forget()
    threading.Timer(0.2, key_cache.settle, [issuer.url, jwks._DONE]).start()
    assert refusal(issuer, "stranger").check == "keys"
    assert issuer.fetches[KEYS] == 1
    clock.move(COOLDOWN + 1)
    issuer.signer.rotate()
    assert is_good(issuer)


def test_a_process_keeps_a_copy_of_what_another_one_found(issuer: FakeIssuer) -> None:
    key(issuer)
    jwks.forget_keys()
    key(issuer)
    cache.clear()
    assert is_good(issuer)
    assert issuer.total == 2


def test_a_process_that_came_second_may_ask_when_the_first_ones_time_is_over(
    issuer: FakeIssuer, clock: Clock
) -> None:
    assert key_cache.claim(issuer.url, f"{jwks._ASKING}{jwks._now()}")
    key_cache.forget()
    clock.move(COOLDOWN - 10)
    assert unavailable(issuer)
    clock.move(15)
    assert is_good(issuer)
