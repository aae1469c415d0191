"""Telling that somebody has to wait: a line in the log, an event in the audit.

One of each, and none for what is refused meanwhile. Anybody can cause them, and the
token endpoint must not write, so events wait in memory, up to a bound, and are written
with the last uses.
"""

import logging
import threading
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import transaction

from robots import conf
from robots.lifecycle.logins import record_bounded
from robots.login_attempt import Attempt, Shown
from robots.models import Namespace
from robots.names import MAX_LENGTH, RobotName, parse_robot_name
from robots.origin import Origin
from robots.outage import OUTAGES, is_outage
from robots.text import is_storable
from robots.usage import usage

logger = logging.getLogger(__name__)

MAX_WAITING = 100
"""Events; what comes on top is not written."""

_KIND = "login_blocked"


class _Block(NamedTuple):
    attempt: Attempt
    at: str
    until: str


_lock = threading.Lock()
_waiting: list[_Block] = []


def tell(attempt: Attempt, until: int, *, is_pair: bool) -> None:
    """A pair, or else a whole source, waits from now on, until that epoch second."""
    end = datetime.fromtimestamp(until, UTC)
    if not is_pair:
        logger.warning("too many logins failed from %s, until %s", attempt.source, end)
        return
    logger.warning(
        "logins blocked: %s from %s, until %s", _who(attempt), attempt.source, end
    )
    if conf.audits_login_failures() and attempt.shown is not Shown.APPLICATION_SECRET:
        _keep(_Block(attempt, datetime.now(UTC).isoformat(), end.isoformat()))
        usage.wake()


def flush() -> None:
    """Write what waits, in the namespace that was named if there is one."""
    while block := _next():
        try:
            with transaction.atomic():
                _write(block)
        except OUTAGES as error:
            logger.warning("a block was not written: %s", type(error).__name__)
            if is_outage(error):
                _keep(block)
                return


def _next() -> _Block | None:
    with _lock:
        return _waiting.pop() if _waiting else None


def _keep(block: _Block) -> None:
    with _lock:
        if len(_waiting) < MAX_WAITING and _is_a_name(block.attempt.name):
            _waiting.append(block)


def _who(attempt: Attempt) -> str:
    """A robot by its name; nothing else is repeated, which may be a secret that
    somebody put in the wrong field.
    """
    name = _robot(attempt)
    return f"robot {name}" if name else f"some {attempt.shown}"


def _robot(attempt: Attempt) -> RobotName | None:
    is_robot = attempt.shown is Shown.ROBOT_SECRET
    return parse_robot_name(attempt.name) if is_robot else None


def _is_a_name(name: str) -> bool:
    return len(name) <= 2 * MAX_LENGTH + 1 and is_storable(name)


def _write(block: _Block) -> None:
    attempt, robot = block.attempt, _robot(block.attempt)
    name = robot.namespace if robot else attempt.name
    namespaces = Namespace.objects.filter(name=name)
    if robot is None:
        namespaces = namespaces.filter(owner__isnull=False)
    namespace = namespaces.first()
    if namespace is None:
        return
    who = {"kind": "robot", "robot": attempt.name} if robot else {"kind": "user"}
    times = {"at": block.at, "until": block.until}
    facts = {**who, **times, "username": namespace.name}
    record_bounded(_KIND, namespace, Origin(attempt.address), **facts)


usage.also_flush(flush)
