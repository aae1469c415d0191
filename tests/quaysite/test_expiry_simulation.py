"""24 hours of notices and rotation by an accelerated clock, and everything goes wrong.

Three servers send at each half of an hour (at once on PostgreSQL, in turn on SQLite);
the mail server and the webhook refuse at random, and senders die before and after they
were heard. What ought to be told is worked out here a second time, row by row.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.db.models import Q, QuerySet
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.notices.channels import Channel
from quaysite.notices.mail import Mail
from quaysite.notices.sending import send_notices
from quaysite.notices.webhook import Webhook
from robots.lifecycle.robots import change_robot, delete_robot, regenerate_token
from robots.lifecycle.tokens import MAX_GRACE
from robots.models import ExpiryNotice, Namespace, Robot, RobotToken
from tests import factories
from tests.receivers import Hook, MailServer, hook, mail_server

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = (30, 7, 1)
SERVERS = 3
STEP = timedelta(minutes=30)
TROUBLE = timedelta(hours=24)
REST = timedelta(hours=13)
"""Afterwards all is well, for longer than two of the longest waits for a retry."""

PATIENT = timedelta(hours=12)
"""What was due for this long must have been told, whatever went wrong."""

REFUSED = 0.12
DEADLY = 0.04
ROBOTS = 45
"""Of each of four namespaces; each has a token too."""


class Notice(NamedTuple):
    """What is told: `thing` is a robot's name, or the key of a token."""

    thing: str | int
    ends: str
    days: int


class Killed(BaseException):
    """As when the process ends here: nothing of ours is to catch it."""


@dataclass
class Luck:
    """What goes wrong at present, and whom it befell."""

    dice: random.Random
    is_bad: bool = True
    unheard: int = 0
    heard: Counter[Notice] = field(default_factory=Counter)

    def refuses(self) -> bool:
        return self.is_bad and self.dice.random() < REFUSED

    def kills(self, *, surely: bool = False) -> bool:
        return self.is_bad and (surely or self.dice.random() < DEADLY)


@dataclass
class Mortal:
    """A channel whose process may end before or after it was heard."""

    channel: Channel
    luck: Luck

    def __post_init__(self) -> None:
        self.name, self.at_once = self.channel.name, self.channel.at_once

    def portions(self, due: QuerySet[ExpiryNotice]) -> Sequence[Q]:
        return self.channel.portions(due)

    def tell(self, notices: Sequence[ExpiryNotice], now: datetime) -> None:
        if self.luck.kills(surely=not self.luck.unheard):
            self.luck.unheard += 1
            raise Killed
        self.channel.tell(notices, now)
        if self.luck.kills(surely=not self.luck.heard):
            self.luck.heard.update(map(known_as, notices))
            raise Killed


@dataclass
class World:
    """What happens, and when each notice was due for the first and the last time."""

    start: datetime
    mail: MailServer
    hook: Hook
    luck: dict[str, Luck]
    rotated: set[int] = field(default_factory=set)
    first: dict[Notice, datetime] = field(default_factory=dict)
    last: dict[Notice, datetime] = field(default_factory=dict)

    def step(self, now: datetime) -> None:
        for notice in due_by_hand(self.rotated, now):
            self.first.setdefault(notice, now)
            self.last[notice] = now
        self.send_everywhere(now)

    def send_everywhere(self, now: datetime) -> None:
        if connection.vendor != "postgresql":
            for _ in range(SERVERS):
                self.serve(now)
            return
        with ThreadPoolExecutor(SERVERS) as servers:
            for done in [servers.submit(self.elsewhere, now) for _ in range(SERVERS)]:
                done.result()

    def elsewhere(self, now: datetime) -> None:
        try:
            self.serve(now)
        finally:
            connections.close_all()

    def serve(self, now: datetime) -> None:
        ways = [
            Mortal(Mail(), self.luck["email"]),
            Mortal(Webhook(), self.luck["webhook"]),
        ]
        try:
            send_notices(ways, lambda: now)
        except Killed:
            return

    def must(self, until: datetime) -> set[Notice]:
        return {
            notice
            for notice, last in self.last.items()
            if last == until or last - self.first[notice] >= PATIENT
        }


def due_by_hand(rotated: set[int], now: datetime) -> Iterator[Notice]:
    """Row by row, without a query of the code under test."""
    for robot in Robot.objects.select_related("namespace"):
        if robot.enabled and robot.namespace.enabled and robot.expires_at:
            yield from fitting(robot.full_name, robot.expires_at, now)
    for token in RobotToken.objects.select_related("robot__namespace"):
        robot = token.robot
        usable = robot.enabled and robot.namespace.enabled
        if not usable or token.expires_at is None or token.pk in rotated:
            continue
        if robot.expires_at is None or robot.expires_at > token.expires_at:
            yield from fitting(token.pk, token.expires_at, now)


def fitting(thing: str | int, end: datetime, now: datetime) -> Iterator[Notice]:
    left = end - now
    fits = [days for days in DAYS if timedelta() < left <= timedelta(days=days)]
    if fits:
        yield Notice(thing, minute(end), min(fits))


def known_as(notice: ExpiryNotice) -> Notice:
    thing = notice.token_id or notice.of.full_name
    return Notice(thing, minute(notice.ends_at), notice.days)


def minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def posted(hook: Hook) -> Counter[Notice]:
    told: Counter[Notice] = Counter()
    for post in hook.accepted:
        message = json.loads(post.body)
        ends = datetime.fromisoformat(message["expires_at"])
        thing = message["token_id"] or message["robot"]
        told[Notice(thing, minute(ends), message["days"])] += 1
    return told


def mailed(mail: MailServer) -> Counter[Notice]:
    told: Counter[Notice] = Counter()
    for one in mail.accepted:
        days = 0
        for line in one.text.splitlines():
            if within := re.match(r"Within (\d+) days?:", line):
                days = int(within[1])
            if row := re.match(r"  (.{16}) UTC  (\S+), .*?(?:token (\d+)|all)", line):
                told[Notice(int(row[3]) if row[3] else row[2], row[1], days)] += 1
    return told


def populate(start: datetime, dice: random.Random) -> list[Namespace]:
    """Ends within a day of each mark, and anywhere else within a month."""
    alice = factories.user("alice", email="alice@example.com")
    places = [factories.organization(name, alice) for name in ("acme", "bolt", "cog")]
    places.append(Namespace.objects.get(owner=alice))
    for place in places:
        robots = Robot.objects.bulk_create(
            Robot(namespace=place, name=f"bot{number}", expires_at=an_end(start, dice))
            for number in range(ROBOTS)
        )
        RobotToken.objects.bulk_create(
            RobotToken(robot=robot, digest=uuid4().hex, expires_at=an_end(start, dice))
            for robot in robots
        )
    return places


def an_end(start: datetime, dice: random.Random) -> datetime | None:
    kind = dice.random()
    if kind < 0.2:
        return None
    if kind < 0.8:
        mark = timedelta(days=dice.choice((1, 7, 30)))
        return start + mark + timedelta(hours=dice.uniform(-24, 24), minutes=1)
    return start + timedelta(days=dice.uniform(0.01, 33))


def meddle(world: World, now: datetime) -> None:
    """At noon: rotations with overlap, new ends, and things that go."""
    tokens = list(RobotToken.objects.filter(expires_at__gt=now).order_by("pk"))
    for token in tokens[::4]:
        # The old token ends in a week: past a mark, were it not replaced.
        regenerate_token(token.robot, factories.BY, MAX_GRACE)
        world.rotated.add(token.pk)
    robots = list(Robot.objects.filter(expires_at__gt=now).order_by("pk"))
    for robot in robots[1::5]:
        later = {"expires_at": now + timedelta(days=6, minutes=robot.pk)}
        change_robot(robot, later, factories.BY)
    for robot in robots[2::9]:
        change_robot(robot, {"enabled": False}, factories.BY)
    for robot in robots[4::10]:
        delete_robot(robot, factories.BY)


@contextmanager
def a_world(settings: Settings, seed: int) -> Iterator[World]:
    dice = random.Random(seed)  # noqa: S311 - what happens, no secret
    luck = {name: Luck(dice) for name in ("email", "webhook")}
    with mail_server(settings) as mail, hook(settings) as posts:
        mail.refuses, posts.refuses = luck["email"].refuses, luck["webhook"].refuses
        world = World(timezone.now(), mail, posts, luck)
        populate(world.start, dice)
        yield world


def test_each_notice_is_told_once_in_a_day_of_trouble(settings: Settings) -> None:
    with a_world(settings, seed=9) as world:
        now, noon = world.start, world.start + TROUBLE / 2
        while now < world.start + TROUBLE + REST:
            if now == noon:
                meddled_at = len(world.hook.posts)
                meddle(world, now)
            for luck in world.luck.values():
                luck.is_bad = now < world.start + TROUBLE
            world.step(now)
            now += STEP
        must = world.must(until=now - STEP)
        told = {"webhook": posted(world.hook), "email": mailed(world.mail)}
        after = posted(Hook(posts=world.hook.posts[meddled_at:]))

    assert len(must) > 150 and world.rotated
    for name, counts in told.items():
        luck = world.luck[name]
        assert luck.unheard and luck.heard
        # At least once, and nothing that was not due.
        assert must <= counts.keys() <= world.first.keys()
        # Exactly once, but where the sender died after it was heard.
        assert {n: c for n, c in counts.items() if c > 1 + luck.heard[n]} == {}
        assert {n for n, c in counts.items() if c > 1} <= luck.heard.keys()
    # What was rotated in time is not told of.
    assert world.rotated & {notice.thing for notice in told["email"]}
    assert not world.rotated & {notice.thing for notice in after}
    # A receiver that drops doubles sees each notice once.
    ids = {json.loads(post.body)["id"] for post in world.hook.accepted}
    assert len(ids) == len(told["webhook"])
    # One mail for a namespace and run, not one for each of hundreds of notices.
    assert len(world.mail.accepted) < sum(told["email"].values()) / 2
