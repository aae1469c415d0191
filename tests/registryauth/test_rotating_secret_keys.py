"""A change of secret keys, in any order of events: right secrets in, wrong ones out.

Two servers follow the documented steps, each a while behind the other, as in a rolling
restart: one has the keys from before the last step, the other those after it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.core.signals import setting_changed
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from quaysite.lifecycle.root_keys import report
from registryauth import robot_login
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots import keyring
from robots.credentials import Secret
from robots.kept_secrets import ROBOT_TOKENS
from robots.lifecycle.resealing import Resealed, record_begin, reseal
from robots.lifecycle.robots import delete_robot, regenerate_token
from robots.models import Robot
from robots.old_digests import OldDigests
from tests import factories

pytestmark = pytest.mark.django_db

FIRST = "the first key of the site which is long enough"
NAMES = ("one", "two", "three")

Event = tuple[str, int]
DEEDS = (
    "add",
    "activate",
    "restart",
    "reseal",
    "login",
    "flush",
    "regenerate",
    "delete",
    "remove",
)
events = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 5)), min_size=5, max_size=30
)


class Site:
    """Two servers on one database, and what is right and wrong at present."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.keys: list[list[str]] = [[FIRST], [FIRST]]
        self.notes = [OldDigests(), OldDigests()]
        self.right: dict[str, tuple[Robot, Secret]] = {}
        self.wrong: list[tuple[str, Secret]] = []
        self.made = self.removed = 0
        self.acme = factories.organization("acme")
        for name in NAMES:
            self.create(name, 0)

    def be(self, server: int) -> None:
        self._set("ROBOTS_SECRET_KEYS", ",".join(self.keys[server]))
        self._patch.setattr(robot_login, "old_digests", self.notes[server])

    def _set(self, name: str, value: object) -> None:
        self._patch.setattr(settings, name, value)
        tell(name)

    def create(self, name: str, number: int) -> None:
        self.be(number % 2)
        # Every other one has no copy that could be read again.
        self._set("ROBOT_TOKENS_RETRIEVABLE", number % 3 != 0)
        made = factories.robot(self.acme, name)
        self.right[name] = (made[0], made[1])

    @property
    def is_restarted(self) -> bool:
        return self.keys[0] == self.keys[1]

    def happen(self, deed: str, number: int) -> None:
        getattr(self, f"_{deed}")(number)

    def _add(self, number: int) -> None:
        if self.is_restarted and len(self.keys[1]) < 3:
            self.made += 1
            current, *older = self.keys[1]
            new = f"key number {self.made} which is made while the site serves"
            self.keys[1] = [current, new, *older]

    def _activate(self, number: int) -> None:
        if self.is_restarted:
            chosen = self.keys[1][number % len(self.keys[1])]
            self.keys[1] = [chosen, *(k for k in self.keys[1] if k != chosen)]

    def _restart(self, number: int) -> None:
        """The server that is behind ends, and what it has noted is written."""
        self._flush(0)
        self.keys[0] = list(self.keys[1])
        self.notes[0] = OldDigests()

    def _reseal(self, number: int) -> None:
        """One batch, by a command that has the newer keys."""
        self.be(1)
        record_begin(factories.BY, {"robots": 1})
        next(reseal(ROBOT_TOKENS, Resealed(), 2), None)

    def _login(self, number: int) -> None:
        self.log_in(number % 2, *self.some(number))

    def _flush(self, number: int) -> None:
        self.be(number % 2)
        self.notes[number % 2].flush()

    def _regenerate(self, number: int) -> None:
        self.be(number % 2)
        name = NAMES[number % len(NAMES)]
        robot, old = self.right[name]
        self._set("ROBOT_TOKENS_RETRIEVABLE", number % 3 != 0)
        self.right[name] = regenerate_token(robot, factories.BY)
        self.wrong.append((robot.full_name, old))

    def _delete(self, number: int) -> None:
        name = NAMES[number % len(NAMES)]
        robot, old = self.right[name]
        delete_robot(robot, factories.BY)
        self.wrong.append((robot.full_name, old))
        self.create(name, number)

    def _remove(self, number: int) -> None:
        """When all servers have the same keys, and nothing stands in the way."""
        self.be(1)
        for key in self.keys[1][1:]:
            free = not list(report(timezone.now()).obstacles(keyring.key_id_of(key)))
            if self.is_restarted and free:
                self.keys[1] = [one for one in self.keys[1] if one != key]
                self.removed += 1

    def some(self, number: int) -> tuple[str, Secret]:
        robot, secret = self.right[NAMES[number % len(NAMES)]]
        return robot.full_name, secret

    def log_in(self, server: int, name: str, secret: Secret) -> None:
        self.be(server)
        assert authenticate_robot(name, secret, timezone.now()).name == name

    def check(self) -> None:
        """Noting nothing, so that to look is no login of the story."""
        kept, self.notes = self.notes, [OldDigests(), OldDigests()]
        for server in (0, 1):
            for number, _ in enumerate(NAMES):
                self.log_in(server, *self.some(number))
            names = [self.some(number)[0] for number, _ in enumerate(NAMES)]
            others = [(names[0], self.some(1)[1]), (names[1], self.some(2)[1])]
            for name, secret in [*self.wrong[-4:], *others]:
                with pytest.raises(Unauthorized):
                    authenticate_robot(name, secret, timezone.now())
        self.notes = kept


def tell(name: str) -> None:
    """What is remembered of settings is read anew."""
    value = getattr(settings, name)
    setting_changed.send(sender=Site, setting=name, value=value, enter=True)


@contextmanager
def site() -> Iterator[Site]:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "REGISTRY_REFRESH_TOKEN_LIFETIME", 0)
        yield Site(patch)
        transaction.set_rollback(True)
    tell("ROBOTS_SECRET_KEYS")


ENDING: tuple[Event, ...] = (
    ("restart", 0),
    ("reseal", 0),
    ("reseal", 0),
    *(("login", number) for number in range(6)),
    ("flush", 0),
    ("flush", 1),
    *[("remove", 0), ("restart", 0)] * 2,
)
"""What docs/secret-keys.md has after the new key was put first."""


@hypothesis_settings(max_examples=25, derandomize=True, database=None)
@given(story=events)
def test_in_any_order_right_secrets_are_let_in_and_wrong_ones_are_not(
    story: list[Event],
) -> None:
    """And whatever happened, the documented end of it leaves one key."""
    with site() as told:
        for deed, number in [*story, *ENDING]:
            told.happen(deed, number)
            told.check()
        assert len(told.keys[0]) == len(told.keys[1]) == 1


def test_the_documented_steps_change_the_key(db: None) -> None:
    with site() as told:
        for deed, number in [("add", 0), ("restart", 0), ("activate", 1), *ENDING]:
            told.happen(deed, number)
            told.check()
        assert told.keys[0] == told.keys[1] != [FIRST]
        assert len(told.keys[0]) == told.removed == 1
