"""Read by Python itself, as it starts in a server whose clock is moved.

libfaketime fails at `clock_nanosleep` (EINVAL), which `time.sleep` calls.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
