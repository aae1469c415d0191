"""The first login with a secret that another registry kept as a slow hash.

A failed login costs one query here, and one slow hash for as long as there is any
such secret: the same for the robot that has one, for others and for none (S-32).
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, Q, QuerySet, Value

from robots import imported_secrets, switches
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import AlreadyExists, NotFound
from robots.identity import Kind
from robots.imported_secrets import SlowHash
from robots.lifecycle.imported_secrets import exchange_imported_secret
from robots.models import EmergencySwitch, ImportedSecret, RobotToken
from robots.names import RobotName, parse_robot_name
from robots.origin import Origin
from robots.prepared import Parameter, PreparedQuery
from robots.unexpired import unexpired

_SITE, _ITS_OWN, _ANY, _TOKEN = range(4)
_NOBODY = RobotName("", "")
_NO_TEXT = Value(None, models.TextField(null=True))


class Held(NamedTuple):
    """What is kept for a name: the site's switch, and the hash to compare with.

    `robot_id` is None where the hash is another robot's, and no secret is right.
    `is_token` tells of a token that another login made since it was looked for.
    """

    full_name: str
    is_token: bool = False
    site_allows: str | None = None
    robot_id: int | None = None
    kept: SlowHash | None = None


def held_for(full_name: str, digests: dict[str, str], now: datetime) -> Held:
    """What there is for that name, of a robot or of none. One query.

    `digests` are those of the secret that it shows (`token_rows.digests_of`).
    It sees one moment: either the hash, or the token that was made of it.
    """
    # What is no robot's name is not shown to the database, which may not take it.
    name = parse_robot_name(full_name) or _NOBODY
    rows = _query(len(digests)).rows({**digests, **name._asdict(), "now": now})
    held = Held(full_name)
    for source, allowed, robot_id, salt, digest in sorted(rows, reverse=True):
        if source == _TOKEN:
            held = held._replace(is_token=True)
        elif source == _SITE:
            held = held._replace(site_allows=allowed)
        else:
            own = robot_id if source == _ITS_OWN else None
            held = held._replace(robot_id=own, kept=SlowHash(salt, digest))
    return held


def becomes_token(held: Held, secret: Secret, origin: Origin) -> bool:
    """Whether `secret` is the one held, and so is, or was just now, made a token.

    It is not made one where it is another robot's token already.
    """
    if held.is_token or held.kept is None:
        return held.is_token
    is_right = imported_secrets.matches(held.kept, secret)
    if held.robot_id is None or not is_right:
        return False
    by = Performer(Kind.ROBOT, held.full_name, origin=origin)
    try:
        exchange_imported_secret(held.robot_id, held.kept, secret, by)
    except NotFound:
        # Another login with it was faster, or it was ended: the tokens tell.
        return True
    except AlreadyExists:
        return False
    return True


@lru_cache(maxsize=8)
def _query(keys: int) -> PreparedQuery:
    return PreparedQuery(ImportedSecret, lambda: _rows(keys))


def _rows(keys: int) -> QuerySet[ImportedSecret, tuple[object, ...]]:
    """The switch, the hash of the robot that is named, any hash at all, and the token.

    At most one row of each source.
    """
    now = Parameter("now", models.DateTimeField())
    digests = [Parameter(f"digest{n}", models.CharField()) for n in range(keys)]
    named = Q(
        robot__namespace__name=Parameter("namespace", models.CharField()),
        robot__name=Parameter("shortname", models.CharField()),
    )
    live = ImportedSecret.objects.filter(unexpired(now))
    own = _hashes(_ITS_OWN, live.filter(named))
    # The one that lasts longest: of many that have ended, no other is looked at.
    longest = ImportedSecret.objects.order_by(F("expires_at").desc(nulls_first=True))
    some = live.filter(pk__in=longest.values("pk")[:1])
    token = RobotToken.objects.filter(named, digest__in=digests)
    return own.union(
        _hashes(_ANY, some), _without_hash(_TOKEN, token), _switch(now), all=True
    )


def _hashes(
    source: int, rows: QuerySet[ImportedSecret]
) -> QuerySet[ImportedSecret, tuple[object, ...]]:
    return (
        rows.order_by()
        .annotate(
            source=Value(source, models.IntegerField()),
            allowed=_NO_TEXT,
        )
        .values_list("source", "allowed", "robot_id", "salt", "digest")
    )


def _switch(now: Parameter) -> QuerySet[EmergencySwitch, tuple[object, ...]]:
    site = switches.switches_on(now).filter(switches.OF_THE_SITE)
    return _without_hash(_SITE, site, F("allowed"))


def _without_hash(
    source: int, rows: QuerySet[Any], allows: Any = _NO_TEXT
) -> QuerySet[Any, tuple[object, ...]]:
    told: QuerySet[Any] = rows.order_by().annotate(
        source=Value(source, models.IntegerField()),
        allows=allows,
        of_robot=Value(None, models.BigIntegerField(null=True)),
        of_salt=_NO_TEXT,
        of_digest=_NO_TEXT,
    )
    return told.values_list("source", "allows", "of_robot", "of_salt", "of_digest")
