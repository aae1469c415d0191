"""Django's cache in Redis, which also counts: several counts in one journey.

What it holds is JSON. Django's own are pickles, with which whoever writes to Redis runs
code in every server that reads them.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache.backends.redis import RedisCache


class PlainSerializer:
    """Texts and numbers. A whole number is kept as Redis itself counts."""

    def dumps(self, kept: Any) -> str | int:
        return kept if type(kept) is int else json.dumps(kept)

    def loads(self, data: bytes) -> Any:
        """What was kept; None, as if it were not there, for what is no JSON."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


class CountingRedisCache(RedisCache):
    """Django's own takes three journeys for each count, and where a count ends between
    two of them it makes one that never ends.
    """

    _cache: Any
    _options: Mapping[str, Any]

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._options = {"serializer": PlainSerializer, **self._options}

    def add_up(self, keys: Sequence[str], seconds: int) -> list[int]:
        """Add one to each count, which ends so many seconds later; answers all."""
        names = [self.make_and_validate_key(key) for key in keys]
        # Together they are a transaction of Redis: no count is left without an end.
        pipeline = self._cache.get_client(names[0], write=True).pipeline()
        for name in names:
            pipeline.incr(name)
            pipeline.expire(name, seconds)
        return [int(count) for count in pipeline.execute()[::2]]
