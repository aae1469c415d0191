"""Wherever somebody is asked for a password, and what it is like when that is busy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pytest_django.fixtures import Settings

from quaysite.models import User
from registryauth import logins
from robots.models import AuditEvent
from robots.password_hashing import BoundedArgon2, turns
from robots.usage import usage
from tests.api.client import Answer
from tests.api.local import LocalClient
from tests.conftest import Cast
from tests.factories import PASSWORD

NEW = "a-new-pass-word-1"
TEXT = "Too many passwords are being checked. Try again in a moment."
BUSY = (429, "TOOMANYREQUESTS", TEXT)
NOTE = "yours was not looked at"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NOBODY = "nobody-of-that-name"


class QuickArgon2(BoundedArgon2):
    """As it ships, but for what it costs."""

    time_cost = 1
    memory_cost = 64


QUICK = f"{__name__}.QuickArgon2"


def bound_hashes(settings: Settings) -> None:
    """One at a time, and nobody waits."""
    settings.PASSWORD_HASHERS = [QUICK]
    settings.PASSWORD_HASHES_WAITING = 0


def hash_again(cast: Cast) -> Cast:
    """The cast, with passwords that the bounded hashers can check."""
    for person in (cast.alice, cast.bob):
        person.set_password(PASSWORD)
        person.save()
    return cast


@contextmanager
def busy() -> Iterator[None]:
    """During this block somebody else's password is being hashed."""
    begun, ended = threading.Event(), threading.Event()

    def other() -> None:
        begun.set()
        ended.wait(60)

    thread = threading.Thread(target=lambda: turns.take(other))
    thread.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        ended.set()
        thread.join()


def stored() -> tuple[Any, ...]:
    """What a request that was sent away must leave as it was."""
    usage.flush()
    logins.login_log.flush()
    people = User.objects.order_by("pk").values_list("pk", "username", "password")
    events = AuditEvent.objects.order_by("pk").values_list("pk", "kind")
    return list(people), list(events)


def kinds() -> list[str]:
    logins.login_log.flush()
    return list(AuditEvent.objects.values_list("kind", flat=True))


Call = Callable[[LocalClient], Answer]

API: dict[str, Call] = {
    "sign in": lambda api: api.post(
        "/api/v1/signin", {"username": "bob", "password": PASSWORD}
    ),
    "sign in wrongly": lambda api: api.post(
        "/api/v1/signin", {"username": "bob", "password": "wrong"}
    ),
    "sign in as nobody": lambda api: api.post(
        "/api/v1/signin", {"username": NOBODY, "password": "wrong"}
    ),
    "verify": lambda api: api.post("/api/v1/signin/verify", {"password": PASSWORD}),
    "client key": lambda api: api.post(
        "/api/v1/user/clientkey", {"password": PASSWORD}
    ),
    "own password": lambda api: api.put("/api/v1/user/", {"password": NEW}),
    "new person": lambda api: api.post(
        "/api/v1/superuser/users/", {"username": "erin", "email": "e@example.com"}
    ),
    "password of another": lambda api: api.put(
        "/api/v1/superuser/users/charlie", {"password": NEW}
    ),
    "sign up": lambda api: api.post(
        "/api/v1/user/",
        {"username": "erin", "email": "e@example.com", "password": NEW},
    ),
}


FORMS = {
    "/sign-in/": {"username": "bob", "password": PASSWORD, "next": "/admin/"},
    "/sign-in/again/": {"password": PASSWORD, "next": "/admin/"},
    "/admin/password_change/": {
        "old_password": PASSWORD,
        "new_password1": NEW,
        "new_password2": NEW,
    },
}
