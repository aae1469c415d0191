"""Settings that are asked for with each request, read once.

Reading one through Django costs as much as a small decision does. They never change
while a process serves; where a test overrides one, Django says so, and all are read
anew.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from django.core.signals import setting_changed

T = TypeVar("T")


def remembered(read: Callable[[], T]) -> Callable[[], T]:
    """`read`, which asks `django.conf.settings`, called no oftener than it must be.

    What it returns is shared: return what nobody can change.
    """
    known = cache(read)
    setting_changed.connect(lambda **_: known.cache_clear(), weak=False)
    return known
