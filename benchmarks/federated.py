"""Federated tokens of a seeded site: made up, as the static ones are."""

from benchmarks.world import secret_of
from federation.tokens import PREFIX


def federated_secret_of(number: int) -> str:
    """The federated token of the robot with this number."""
    return PREFIX + secret_of(number)[::-1]
