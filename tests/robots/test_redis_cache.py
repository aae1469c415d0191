"""The cache in Redis: what it keeps, and what somebody else puts there."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings
from redis import Redis as Client

from tests.redis_server import Redis, redis_cache


class Intruder:
    """Unpickled, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


@pytest.fixture
def redis(tmp_path: Path, settings: Settings) -> Iterator[Client]:
    """What somebody has who reaches the Redis of this site."""
    running = Redis(tmp_path)
    settings.CACHES = redis_cache(running.url)
    yield Client.from_url(running.url)
    running.stop()


@pytest.mark.parametrize("kept", ["", "7", "ä\x00\n", 7, 0, -1, 2**40, 1.5, True])
def test_what_is_kept_comes_back(redis: Client, kept: object) -> None:
    cache.set("key", kept, 60)
    found = cache.get("key")
    assert (found, type(found)) == (kept, type(kept))


def test_counts_are_those_of_redis(redis: Client) -> None:
    cache.add("count", 1, 60)
    assert cache.incr("count") == 2
    assert redis.get(cache.make_key("count")) == b"2"
    assert cache.get_many(["count"]) == {"count": 2}


def test_nobody_runs_code_here_through_redis(redis: Client, tmp_path: Path) -> None:
    made = tmp_path / "made"
    redis.set(cache.make_key("key"), pickle.dumps(Intruder(made)))
    assert cache.get("key") is None
    assert cache.get_many(["key"]).get("key") is None
    assert not made.exists()


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"nonsense"])
def test_what_makes_no_sense_is_not_there(redis: Client, data: bytes) -> None:
    redis.set(cache.make_key("key"), data)
    assert cache.get("key") is None
