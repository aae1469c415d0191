"""A robot's tokens as a login reads them: the row, and the queries that find it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from robots import credentials, login_grants, switches
from robots.credentials import Secret
from robots.login_grants import LoginGrants
from robots.models import RobotToken
from robots.prepared import Parameter, PreparedQuery
from robots.replicas import ReplicatedQuery
from robots.statements import Row


class TokenRow(NamedTuple):
    """One token, its robot, namespace and trust: all that a login depends on."""

    token_id: int
    origin: str
    token_expires_at: datetime | None
    robot_id: int
    robot_name: str
    robot_enabled: bool
    robot_expires_at: datetime | None
    namespace_id: int
    namespace_name: str
    namespace_enabled: bool
    owner_name: str | None
    owner_is_active: bool
    trust_is_enabled: bool | None
    concerns_switches: bool

    @property
    def full_name(self) -> str:
        return f"{self.namespace_name}+{self.robot_name}"

    @property
    def namespace(self) -> tuple[str, int, bool, bool]:
        """Its name and key, and whether it and its owner are enabled."""
        return (
            self.namespace_name,
            self.namespace_id,
            self.namespace_enabled,
            self.owner_is_active,
        )


class SwitchLists(NamedTuple):
    """The lists of the switches that are on and concern a token, for `switches.stops`.

    Of the site, its namespace, its robot, and the issuer that it was earned with.
    """

    site: str | None
    namespace: str | None
    robot: str | None
    issuer: str | None


def in_rows(rows: Sequence[Row]) -> list[TokenRow]:
    """The tokens in what one of the queries found, each once."""
    different = {row[0]: row for row in rows}
    return [TokenRow._make(row[:_WIDTH]) for row in different.values()]


def grants_in(rows: Sequence[Row], token_id: int) -> list[Row]:
    """`login_grants.COLUMNS` of one token in what `by_secret` found with grants."""
    return [row[_WIDTH:] for row in rows if row[0] == token_id]


def digests_of(secret: Secret) -> dict[str, str]:
    """What a secret is looked up by, as the parameters of queries for it."""
    digests = credentials.accepted_digests(secret)
    return {f"digest{n}": one for n, one in enumerate(digests)}


def by_secret(
    digests: dict[str, str], now: datetime, grants: LoginGrants | None = None
) -> tuple[PreparedQuery, dict[str, Any]]:
    """The query for a secret, and its parameters; one that finds `grants` as well."""
    if grants is None:
        return by_secret_on_replica(digests, now)
    repositories = grants.parameters()
    query = _by_digest_with_grants(len(digests), len(repositories))
    return query, {**digests, **repositories, "now": now}


def by_secret_on_replica(
    digests: dict[str, str], now: datetime
) -> tuple[ReplicatedQuery, dict[str, Any]]:
    """The query for a secret that a replica may be asked too, and its parameters."""
    return _by_digest(len(digests)), {**digests, "now": now}


def by_id(token_id: int, now: datetime) -> tuple[ReplicatedQuery, dict[str, Any]]:
    """The query for a token's key, and its parameters."""
    return _by_id(), {"id": token_id, "now": now}


def switch_lists(token_id: int, now: datetime) -> SwitchLists | None:
    """Those of a token whose row `concerns_switches`; None if it is gone. One query."""
    rows = _switches().rows({"id": token_id, "now": now})
    return SwitchLists._make(rows[0]) if rows else None


@lru_cache(maxsize=8)
def _by_digest(keys: int) -> ReplicatedQuery:
    which = _with_digest(keys)
    return ReplicatedQuery(RobotToken, lambda: _tokens(which).values_list(*_COLUMNS))


@lru_cache(maxsize=32)
def _by_digest_with_grants(keys: int, size: int) -> PreparedQuery:
    def build() -> QuerySet[Any, Any]:
        which = _with_digest(keys)
        # A digest is of one token; for one repository it does not pay to ask twice.
        is_one = keys == 1 and size > 1
        only = RobotToken.objects.filter(which) if is_one else None
        rows = login_grants.with_grants(_tokens(which), size, only)
        return rows.values_list(*_COLUMNS, *login_grants.COLUMNS)

    return PreparedQuery(RobotToken, build, repeated=_WIDTH)


@lru_cache(maxsize=1)
def _by_id() -> ReplicatedQuery:
    which = Q(id=Parameter("id", models.BigIntegerField()))
    return ReplicatedQuery(RobotToken, lambda: _tokens(which).values_list(*_COLUMNS))


@lru_cache(maxsize=1)
def _switches() -> PreparedQuery:
    now = Parameter("now", models.DateTimeField())
    one = RobotToken.objects.filter(id=Parameter("id", models.BigIntegerField()))
    rows = one.order_by().annotate(
        **switches.columns("robot__namespace_id", "robot_id", now),
        **switches.issuer_column(OuterRef(_ISSUER), now),
    )
    lists = [f"{of}_allows" for of in SwitchLists._fields]
    return PreparedQuery(RobotToken, lambda: rows.values_list(*lists))


def _with_digest(keys: int) -> Q:
    digests = [Parameter(f"digest{n}", models.CharField()) for n in range(keys)]
    return Q(digest__in=digests)


def _tokens(which: Q) -> QuerySet[Any, Any]:
    now = Parameter("now", models.DateTimeField())
    return (
        RobotToken.objects.filter(which)
        .order_by()
        .annotate(
            owner_is_active=Coalesce(f"{_OWNER}__is_active", Value(True)),
            concerns_switches=switches.concern(
                "robot__namespace_id", "robot_id", _ISSUER, now
            ),
        )
    )


_ISSUER = "federated__trust__issuer"
_OWNER = "robot__namespace__owner"
_COLUMNS = (
    "id",
    "origin",
    "expires_at",
    "robot_id",
    "robot__name",
    "robot__enabled",
    "robot__expires_at",
    "robot__namespace_id",
    "robot__namespace__name",
    "robot__namespace__enabled",
    f"{_OWNER}__{get_user_model().USERNAME_FIELD}",
    "owner_is_active",
    "federated__trust__enabled",
    "concerns_switches",
)
"""Those of a TokenRow."""

_WIDTH = len(TokenRow._fields)
