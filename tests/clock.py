"""A clock that stands still until a test moves it."""

import pytest

from robots.failed_logins import failed_logins
from robots.token_budget import token_budget

WINDOW = 300
"""Seconds of the windows that failures are counted in, where nothing is set."""


class StandingClock:
    """Seconds since the epoch; ten after a window, and so a minute, began."""

    def __init__(self) -> None:
        self.now = 6_000_000 * WINDOW + 10.0

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


def standing_clock(patch: pytest.MonkeyPatch) -> StandingClock:
    """One that what is throttled goes by, during a test."""
    clock = StandingClock()
    for whose in (failed_logins, token_budget):
        patch.setattr(whose, "clock", clock)
    return clock
