"""Logins at the token endpoint, for the audit (contract sections 8 and 9).

Only a request without scopes is a login. The endpoint must not write, and a refused
login must cost the same whatever it names, so logins wait in memory and are written
with the last uses, every USAGE_FLUSH_SECONDS.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from registryauth import conf
from registryauth.asked import Asked
from registryauth.errors import Unauthorized
from registryauth.people_login import can_be_person, find_person
from robots import conf as robots_conf
from robots.audit import Performer
from robots.identity import ANONYMOUS, Identity, Kind, Method
from robots.lifecycle.logins import MAX_FAILURES, record_failure, record_login
from robots.models import AppToken, Namespace
from robots.names import parse_robot_name
from robots.outage import OUTAGES, is_outage
from robots.usage import usage

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
MAX_FAILED = 200
"""Logins that wait to be written, and refused ones among them, which anybody can
cause. What comes on top is dropped, and said so."""

_MAX_NAME = 320
_MAX_USER_AGENT = 255
"""Characters. Nobody has a longer name; how much is kept is not the caller's choice."""

_TYPE = "v2auth"


@dataclass(frozen=True, slots=True)
class _Login:
    """A login that succeeded, or as `name` failed for `reason`."""

    identity: Identity
    performer: Performer
    user_agent: str
    at: str
    name: str = ""
    reason: str = ""

    @property
    def failed(self) -> bool:
        return self.identity.is_anonymous


class LoginLog:
    """The logins of one process since the last flush; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Login] = []
        self._failures: Counter[str] = Counter()
        self._dropped = 0

    def note_login(self, identity: Identity, asked: Asked) -> None:
        """Remember that `identity` logged in; a HEAD request is not a login."""
        if asked.method != "HEAD" and conf.audits_logins():
            self._add(lambda: _login(asked, identity))

    def note_failure(self, error: Unauthorized, asked: Asked) -> None:
        """Remember a login that was refused, if a user name was shown."""
        name = error.username
        if asked.method == "HEAD" or not robots_conf.audits_login_failures():
            return
        if not 0 < len(name) <= _MAX_NAME:
            return
        self._add(lambda: _login(asked, ANONYMOUS, name, error.reason), name)

    def waiting(self) -> int:
        """How many logins are not written yet."""
        return len(self._waiting)

    def flush(self) -> None:
        """Write what waits. If that fails it is kept for the next time."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            dropped, self._dropped = self._dropped, 0
            self._failures.clear()
        if dropped:
            logger.warning("%s logins were not written to the audit", dropped)
        if not waiting:
            return
        try:
            _write_all(waiting)
        except OUTAGES as error:
            logger.warning("logins not written: %s", type(error).__name__)
            self._keep(waiting)

    def _keep(self, waiting: list[_Login]) -> None:
        """Have them wait on, as many as there is room for."""
        with self._lock:
            waiting = waiting + self._waiting
            self._dropped += max(0, len(waiting) - MAX_WAITING)
            self._waiting = waiting[:MAX_WAITING]

    def _add(self, make: Callable[[], _Login], failed_as: str = "") -> None:
        """Add what `make` returns. It is not made where there is no room: who tries
        secrets by the thousand is not to cost as much as who has the right one.
        """
        with self._lock:
            if failed_as:
                full = self._is_too_much(failed_as)
            else:
                full = len(self._waiting) >= MAX_WAITING
            if full:
                self._dropped += 1
                return
            self._waiting.append(make())
        usage.wake()

    def _is_too_much(self, name: str) -> bool:
        """Whether a refused login of that name is one too many; else it counts."""
        if self._failures.total() >= MAX_FAILED or len(self._waiting) >= MAX_WAITING:
            return True
        if self._failures[name] >= MAX_FAILURES:
            return True
        self._failures[name] += 1
        return False


def _login(
    asked: Asked, identity: Identity, name: str = "", reason: str = ""
) -> _Login:
    performer = Performer.caller(identity, asked.origin)
    agent = asked.user_agent[:_MAX_USER_AGENT]
    return _Login(identity, performer, agent, timezone.now().isoformat(), name, reason)


def _write_all(waiting: list[_Login]) -> None:
    """Together, which is fast; one by one if one of them is impossible to write."""
    try:
        with transaction.atomic():
            for login in waiting:
                _write(login)
    except OUTAGES as error:
        if is_outage(error):
            raise
        while waiting:
            _write_alone(waiting[0])
            # What is written must not be kept, should the database go away now.
            del waiting[0]


def _write_alone(login: _Login) -> None:
    try:
        with transaction.atomic():
            _write(login)
    except OUTAGES as error:
        if is_outage(error):
            raise
        logger.warning("a login was not written: %s", type(error).__name__)


def _write(login: _Login) -> None:
    if login.failed:
        _write_failure(login)
        return
    facts = {"type": _TYPE, "at": login.at, **_facts(login.identity)}
    home = _home(login.identity)
    record_login(home, login.performer, login.user_agent, **facts)


def _write_failure(login: _Login) -> None:
    """In the namespace that was named, if there is one, whether or not its robot is."""
    robot = parse_robot_name(login.name)
    kind = {"kind": "robot", "robot": login.name} if robot else {"kind": "user"}
    namespace = _named(robot.namespace) if robot else home_of_person(login.name)
    if namespace is None:
        return
    facts = {"type": _TYPE, "at": login.at, **kind, "username": namespace.name}
    origin = login.performer.origin
    record_failure(namespace, origin, login.user_agent, **facts, message=login.reason)


def _facts(identity: Identity) -> dict[str, Any]:
    if identity.kind is Kind.ROBOT:
        federated = identity.method in (Method.FEDERATED_TOKEN, Method.OIDC_TOKEN)
        how = {"method": identity.method.value} if federated else {}
        return {"kind": "robot", "robot": identity.name, **how}
    if identity.method is Method.APP_TOKEN:
        token = AppToken.objects.filter(pk=identity.credential_id or 0).first()
        return {"kind": "app_specific_token", "title": token.title if token else None}
    return {"kind": "oauth" if identity.method is Method.OAUTH_TOKEN else "user"}


def _home(identity: Identity) -> Namespace | None:
    if identity.kind is Kind.ROBOT:
        return Namespace.objects.filter(pk=identity.namespace_id or 0).first()
    return Namespace.objects.filter(owner_id=identity.id).first()


def _named(name: str) -> Namespace | None:
    return Namespace.objects.filter(name=name).first()


def home_of_person(username: str) -> Namespace | None:
    """The own namespace of whoever signs in with this name or e-mail address."""
    person = find_person(username) if can_be_person(username) else None
    return Namespace.objects.filter(owner_id=person.pk).first() if person else None


login_log = LoginLog()
"""This process's logins."""

usage.also_flush(lambda: login_log.flush())
