"""Noticing a proxy that nobody told us of.

Behind one, with TRUSTED_PROXY_COUNT at 0, all clients have the proxy's address: ten
wrong secrets from anywhere stop a robot for everybody. The header that proxies add
gives it away. Anybody may send that, so nothing is believed: there is a number, and a
line in the log once in a while. It is looked for where a wrong secret was counted, and
nowhere else: other requests pay nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from robots.origin import trusted_proxies
from robots.tallies import tallies

logger = logging.getLogger(__name__)

SECONDS = 3600.0
"""Between two lines of one process."""

COUNT = "forwarded_ignored"
"""What it is called in the tallies."""


class Forwarded:
    """What one process has noticed; `clock` is monotonic, and tests have their own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._quiet_until: float | None = None

    def note_failure(self, meta: Mapping[str, Any]) -> None:
        """A request with this META, or WSGI environ, has shown a wrong secret."""
        if trusted_proxies() or "HTTP_X_FORWARDED_FOR" not in meta:
            return
        tallies.note((COUNT,))
        if self._is_news():
            logger.warning(
                "a wrong secret came with X-Forwarded-For, and TRUSTED_PROXY_COUNT is"
                " 0: behind a proxy, %s is then the address of every client, and"
                " whoever sends wrong secrets stops the others. Set it to the number of"
                " proxies.",
                meta.get("REMOTE_ADDR", ""),
            )

    def _is_news(self) -> bool:
        with self._lock:
            now = self.clock()
            if self._quiet_until is not None and now < self._quiet_until:
                return False
            self._quiet_until = now + SECONDS
            return True


forwarded = Forwarded()
"""That of this process."""
