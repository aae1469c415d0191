"""How many registry tokens each robot has a minute (ROBOT_TOKEN_BUDGET; 0: any number).

Counted in the shared cache, one journey for each token, by all processes together;
without a shared cache by each process for itself. Nobody is refused for a cache that is
down: then the budget does not hold.
"""

import logging
import math
import threading
import time
from collections.abc import Callable

from robots import conf
from robots.errors import BudgetSpent
from robots.identity import Identity, Kind
from robots.shared_cache import shared_cache
from robots.window_counts import WindowCounts

logger = logging.getLogger(__name__)

MINUTE = 60
"""Seconds, which begin with those of the clock."""

_MOST_COUNTED = 20_000


class TokenBudget:
    """What robots had of one process, for several threads; `clock` as that of time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        """As if no robot had had a token of this process."""
        self.refused = 0
        self._lock = threading.Lock()
        self._own = WindowCounts(_MOST_COUNTED)

    def spend(self, identity: Identity) -> None:
        """Count a token of a robot. Raises BudgetSpent if it has had them all."""
        budget = conf.robot_token_budget()
        if not budget or identity.kind is not Kind.ROBOT:
            return
        now = self.clock()
        count = self._count(int(now // MINUTE), f"token-budget:{identity.id}")
        if count <= budget:
            return
        if count == budget + 1:
            logger.warning("robot %s has had its tokens of a minute", identity.name)
        with self._lock:
            self.refused += 1
        raise BudgetSpent(max(1, math.ceil(MINUTE - now % MINUTE)))

    def _count(self, minute: int, robot: str) -> int:
        if shared_cache.is_shared():
            (count,) = shared_cache.add_up([f"{robot}:{minute}"], MINUTE) or (0,)
            return count
        with self._lock:
            (count,) = self._own.add(minute, [robot])
        return count


token_budget = TokenBudget()
"""That of this process."""
