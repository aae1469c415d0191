"""The live trusts of a robot in one issuer: all that an admission depends on.

One query, compiled once, and values in place of model instances: the exchange asks it
for every token. Whom a trust lets in is read once for each text that says it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Coalesce

from federation.conditions import parse
from federation.entries import Entry, SubjectMatch
from federation.models import Trust
from robots import switches
from robots.audit import Place
from robots.names import RobotName
from robots.prepared import Parameter, PreparedQuery
from robots.unexpired import unexpired

_MAX_KEPT = 1024
_MAX_KEPT_LENGTH = 4096
"""Entries that are kept in memory, and characters of the texts of one: anybody who may
make a trust decides how long these are."""


class _Said(NamedTuple):
    """The columns of a trust that say whom it lets in, those of JSON as they are."""

    issuer: str
    subject: str
    audiences: str
    name: str
    subject_match: str
    ignore_case: bool
    conditions: str
    max_age: int | None
    single_use: bool
    keys: str
    enabled: bool
    expires_at: datetime | None


_SAID_COLUMNS = (
    "issuer",
    "subject",
    "audiences_text",
    "name",
    "subject_match",
    "ignore_case",
    "conditions_text",
    "max_age",
    "single_use",
    "keys",
    "enabled",
    "expires_at",
)
"""Those of a _Said."""


@dataclass(frozen=True, slots=True)
class LiveRobot:
    """The robot of a trust, and what of its namespace its logins depend on."""

    pk: int
    name: str
    enabled: bool
    expires_at: datetime | None
    namespace_id: int
    namespace_name: str
    namespace_enabled: bool
    owner_is_active: bool

    @property
    def full_name(self) -> str:
        return f"{self.namespace_name}+{self.name}"

    @property
    def home(self) -> Place:
        return Place(self.namespace_id, self.namespace_name)


_NAMESPACE = "robot__namespace"
_ROBOT_COLUMNS = (
    "robot_id",
    "robot__name",
    "robot__enabled",
    "robot__expires_at",
    f"{_NAMESPACE}_id",
    f"{_NAMESPACE}__name",
    f"{_NAMESPACE}__enabled",
    "owner_is_active",
)
"""Those of a LiveRobot."""

_ROBOT_WIDTH = len(fields(LiveRobot))


@dataclass(frozen=True, slots=True)
class LiveTrust:
    """A trust as it was when it was read, which its `revision` tells.

    The lists are those of `switches.columns` and `switches.issuer_column`.
    """

    pk: int
    revision: int
    last_refused_at: datetime | None
    site_allows: str | None
    namespace_allows: str | None
    robot_allows: str | None
    issuer_allows: str | None
    robot: LiveRobot
    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def expires_at(self) -> datetime | None:
        return self.entry.expires_at


_OWN_COLUMNS = (
    "id",
    "revision",
    "last_refused_at",
    "site_allows",
    "namespace_allows",
    "robot_allows",
    "issuer_allows",
)
"""Those of a LiveTrust before its robot and its entry, which have their own."""

_OWN_WIDTH = len(fields(LiveTrust)) - 2


def live_trusts(name: RobotName, issuer: str, now: datetime) -> list[LiveTrust]:
    """Those that are enabled and have not ended, in the order of the robot's list."""
    values = {
        "namespace": name.namespace,
        "robot": name.shortname,
        "issuer": issuer,
        "now": now,
    }
    trusts = [_trust(row) for row in _query().rows(values)]
    # A database may compare by its own rules; an issuer is compared byte for byte.
    return [trust for trust in trusts if trust.entry.issuer == issuer]


def live(trust: Trust) -> LiveTrust:
    """The same of a row that was read already; the switches are left out."""
    robot, namespace = trust.robot, trust.robot.namespace
    owner = namespace.owner
    return LiveTrust(
        pk=trust.pk,
        revision=trust.revision,
        last_refused_at=trust.last_refused_at,
        site_allows=None,
        namespace_allows=None,
        robot_allows=None,
        issuer_allows=None,
        robot=LiveRobot(
            pk=robot.pk,
            name=robot.name,
            enabled=robot.enabled,
            expires_at=robot.expires_at,
            namespace_id=namespace.pk,
            namespace_name=namespace.name,
            namespace_enabled=namespace.enabled,
            owner_is_active=owner is None or owner.is_active,
        ),
        entry=trust.entry,
    )


def _trust(row: tuple[Any, ...]) -> LiveTrust:
    robot, rest = LiveRobot(*row[:_ROBOT_WIDTH]), row[_ROBOT_WIDTH:]
    own, said = rest[:_OWN_WIDTH], _Said._make(rest[_OWN_WIDTH:])
    length = sum(len(text) for text in said if isinstance(text, str))
    read = _entry if length <= _MAX_KEPT_LENGTH else _read
    return LiveTrust(*own, robot, read(said))  # type: ignore[call-arg]


def _read(said: _Said) -> Entry:
    # The columns have the names of the entry's fields.
    values: Mapping[str, Any] = said._asdict() | {
        "audiences": tuple(json.loads(said.audiences)),
        "conditions": tuple(parse(item) for item in json.loads(said.conditions)),
        "subject_match": SubjectMatch(said.subject_match),
    }
    return Entry(**values)


_entry = lru_cache(maxsize=_MAX_KEPT)(_read)


@cache
def _query() -> PreparedQuery:
    text = models.CharField()
    now = Parameter("now", models.DateTimeField())
    issuer = Parameter("issuer", text)
    live = Trust.objects.filter(
        unexpired(now),
        robot__namespace__name=Parameter("namespace", text),
        robot__name=Parameter("robot", text),
        issuer=issuer,
        enabled=True,
    )
    columns = live.annotate(
        owner_is_active=Coalesce(f"{_NAMESPACE}__owner__is_active", Value(True)),
        audiences_text=Cast("audiences", models.TextField()),
        conditions_text=Cast("conditions", models.TextField()),
        **switches.columns("robot__namespace_id", "robot_id", now),
        **switches.issuer_column(issuer, now),
    ).values_list(*_ROBOT_COLUMNS, *_OWN_COLUMNS, *_SAID_COLUMNS)
    return PreparedQuery(Trust, lambda: columns)
