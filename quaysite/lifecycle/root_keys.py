"""How everything that this site keeps or signs stands to its root keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from quaysite.models import Application
from registryauth import conf
from robots import keyring
from robots.audit_chain.seals import last_root_key
from robots.kept_secrets import (
    APP_TOKENS,
    ROBOT_TOKENS,
    UNKNOWN,
    Kept,
    Standing,
    standing,
)
from robots.lifecycle.resealing import begun_last
from robots.models import AuditEvent

CLIENT_SECRETS = Kept(
    "applications",
    "client secret",
    Application,
    owner=lambda application: str(application.client_id),
    related=(),
    sealed="sealed_secret",
    bound_to="client_id",
    has_digest=False,
    lasting=lambda rows, now: rows,
)

KEPT = (ROBOT_TOKENS, APP_TOKENS, CLIENT_SECRETS)
"""Every table with something under a root key."""

_CLIENT_KEY = "user_generate_client_key"


@dataclass(frozen=True)
class Report:
    """What is under which key, at one moment."""

    now: datetime
    standings: dict[str, Standing]

    signed_until: datetime | None
    """Until when what an older key signed may be used; None where nobody knows."""

    sealed_last: str | None
    """The key of the last audit seal: without it no event is sealed any more."""

    client_key_owners: list[str]
    """Who made client keys before that, and has to make new ones: these do not end."""

    @property
    def lost(self) -> int:
        """Rows that no key opens."""
        return sum(len(one.lost) for one in self.standings.values())

    @property
    def stale(self) -> int:
        """Rows that `reseal` would change."""
        return sum(one.stale for one in self.standings.values())

    def obstacles(self, key_id: str) -> Iterator[str]:
        """Why a key cannot be removed, in words; nothing if it can."""
        if key_id == keyring.current_key_id():
            yield "it is the current key"
            return
        every = self.standings.values()
        if copied := sum(one.copied[key_id] for one in every):
            yield f"{copied} to be brought over by reseal"
        if bare := sum(one.bare[key_id] for one in every):
            yield f"{bare} wait for a login, or for their end"
        if unknown := sum(one.bare[UNKNOWN] for one in every):
            yield f"{unknown} under a key that only a login tells"
        if bad := sum(one.damaged[key_id] + one.damaged[UNKNOWN] for one in every):
            yield f"{bad} that no key opens, and that may log in all the same"
        if key_id == self.sealed_last:
            yield "the last audit seal is of it; seal_audit makes the next one"
        if self.signed_until is None:
            yield "reseal has not been run since the current key is first"
        elif self.now < self.signed_until:
            yield f"refresh tokens of it may live until {_shown(self.signed_until)}"


def report(now: datetime) -> Report:
    """Look at all of it: a query for each 2,000 rows, and every copy is opened."""
    begun = begun_last()
    lifetime = timedelta(seconds=conf.refresh_token_lifetime())
    return Report(
        now,
        {kept.name: standing(kept, now) for kept in KEPT},
        None if begun is None else begun + lifetime,
        last_root_key(),
        _client_key_owners(begun or now),
    )


def _client_key_owners(before: datetime) -> list[str]:
    made = AuditEvent.objects.filter(kind=_CLIENT_KEY, created_at__lt=before)
    names = made.order_by("performer_name").values_list("performer_name", flat=True)
    return list(names.distinct())


def _shown(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"
