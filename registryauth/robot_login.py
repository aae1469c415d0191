"""A robot's token, or what was derived from it, to an Identity. One query (R6, R8)."""

import hmac
from collections.abc import Sequence
from datetime import datetime

from django.db import router

from registryauth import first_login, token_rows
from registryauth.errors import Cause, Unauthorized, WrongSecret, could_not_find
from registryauth.token_rows import TokenRow
from robots import conf, switches
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.identity import Identity, Kind, Method
from robots.login_grants import LoginGrants
from robots.models import RobotToken, TokenOrigin
from robots.old_digests import old_digests
from robots.origin import NOWHERE, Origin
from robots.replica_watch import watch
from robots.statements import Row

# To look a member up in its class, or by calling it, costs several times as much.
_ROBOT = Kind.ROBOT
_FEDERATED = TokenOrigin.FEDERATED
_METHODS = {origin.value: Method(origin.value) for origin in TokenOrigin}


def authenticate_robot(
    full_name: str,
    secret: Secret,
    now: datetime,
    origin: Origin = NOWHERE,
    grants: LoginGrants | None = None,
) -> Identity:
    """The robot called `full_name`, if `secret` is one of its live tokens.

    Raises Unauthorized, and of its kinds WrongSecret. ROBOTS_DISALLOW comes first, so
    that it tells nothing of which robots exist; the site's emergency switch says the
    same to a wrong secret and to a right one, and nothing to names on its list. The
    token is looked up by its digest alone, so an unknown robot costs the same as a
    wrong secret; a secret that another registry kept as a hash becomes a token first.
    Once it is let in, `grants` holds what was found of them on the way.
    """
    if conf.robots_disallowed(full_name):
        raise _disallowed()
    digests = token_rows.digests_of(secret)
    if watch.is_usable():
        query, values = token_rows.by_secret_on_replica(digests, now)
        vouched = _vouched(query.replica_rows(values), now, full_name)
        if vouched is not None:
            old_digests.note(RobotToken, vouched.credential_id or 0, secret)
            return vouched
    if grants is not None and not grants.are_all_in(full_name.partition("+")[0]):
        grants = None
    row, rows = _found(full_name, secret, digests, now, origin, grants)
    if row is None:
        raise WrongSecret(
            could_not_find(full_name),
            reason="no live token of this robot has that digest",
        )
    identity = _identity(row, now)
    old_digests.note(RobotToken, row.token_id, secret)
    if grants is not None:
        found = token_rows.grants_in(rows, row.token_id)
        grants.keep(row.robot_id, row.namespace, found)
    return identity


def _found(
    full_name: str,
    secret: Secret,
    digests: dict[str, str],
    now: datetime,
    origin: Origin,
    grants: LoginGrants | None,
) -> tuple[TokenRow | None, Sequence[Row]]:
    """The robot's token, and all rows of the secret, which may be from another
    registry; as the primary knows them, and with `grants` if they are wanted.
    """
    query, values = token_rows.by_secret(digests, now, grants)
    rows = query.rows(values)
    row = _own(rows, full_name)
    if row is None:
        held = first_login.held_for(full_name, digests, now)
        if switches.stops(held.site_allows, full_name):
            raise _stopped("the site")
        if first_login.becomes_token(held, secret, origin):
            # A replica may not have the token yet.
            rows = query.rows(values, router.db_for_write(RobotToken))
            row = _own(rows, full_name)
    return row, rows


def reauthenticate_robot(token_id: int, full_name: str, now: datetime) -> Identity:
    """The robot whose token `token_id` a refresh token was made for, if it lives.

    A replica that knows it by another name than `full_name` is not believed: the
    primary may just have renamed it. Raises Unauthorized.
    """
    query, values = token_rows.by_id(token_id, now)
    vouched = _vouched(query.replica_rows(values), now, full_name)
    return vouched or _living(token_id, now, "Invalid refresh token")


def confirm_robot(identity: Identity, now: datetime) -> None:
    """Ask the primary of a robot's token, if only a replica spoke for the robot.

    To be done before the primary grants it anything: a token that was deleted first
    would have what was granted later. Raises Unauthorized.
    """
    if identity.by_replica and identity.credential_id is not None:
        _living(identity.credential_id, now, could_not_find(identity.name))


def _living(token_id: int, now: datetime, refusal: str) -> Identity:
    query, values = token_rows.by_id(token_id, now)
    rows = token_rows.in_rows(query.rows(values))
    if not rows:
        raise Unauthorized(refusal, "its robot token is gone", Cause.REVOKED)
    row = rows[0]
    if conf.robots_disallowed(row.full_name):
        raise _disallowed()
    return _identity(row, now)


def _vouched(
    rows: Sequence[Row] | None, now: datetime, full_name: str
) -> Identity | None:
    """The robot that a replica's rows let in, if it is called that.

    None where they do not: a no is for the primary to say.
    """
    for row in token_rows.in_rows(rows or ()):
        if not _same(row.full_name, full_name):
            continue
        if conf.robots_disallowed(row.full_name):
            continue
        try:
            return _identity(row, now)._replace(by_replica=True)
        except Unauthorized:
            continue
    return None


def _identity(row: TokenRow, now: datetime) -> Identity:
    """The identity, unless a switch, its robot, namespace, owner or end forbids it."""
    name = row.full_name
    _check_switches(row, now)
    if not row.robot_enabled:
        raise Unauthorized(f"Robot {name} is disabled", cause=Cause.DISABLED)
    if not row.namespace_enabled or not row.owner_is_active:
        owner = row.owner_name or row.namespace_name
        refusal = f"Robot {name} owner {owner} is disabled"
        raise Unauthorized(refusal, cause=Cause.DISABLED)
    if row.robot_expires_at and row.robot_expires_at <= now:
        raise Unauthorized(f"Robot {name} has expired", cause=Cause.EXPIRED)
    if row.token_expires_at and row.token_expires_at <= now:
        refusal = f"The token of robot {name} has expired"
        raise Unauthorized(refusal, cause=Cause.EXPIRED)
    if row.origin == _FEDERATED and not row.trust_is_enabled:
        refusal = f"The trust of a token of robot {name} is gone"
        raise Unauthorized(refusal, cause=Cause.REVOKED)
    ends = [end for end in (row.robot_expires_at, row.token_expires_at) if end]
    return Identity(
        kind=_ROBOT,
        name=name,
        id=row.robot_id,
        namespace_id=row.namespace_id,
        method=_METHODS[row.origin],
        credential_id=row.token_id,
        credential_expires_at=min(ends, default=None),
    )


def _check_switches(row: TokenRow, now: datetime) -> None:
    """All but the site's are told to a right token only, as what is disabled is.

    To everybody they would tell that there is a namespace or a robot of that name.
    """
    if not row.concerns_switches:
        return
    name = row.full_name
    lists = token_rows.switch_lists(row.token_id, now)
    if lists is None:
        raise Unauthorized(could_not_find(name), reason="its robot token is gone")
    for allowed, target in (
        (lists.site, "the site"),
        (lists.namespace, row.namespace_name),
        (lists.robot, f"robot {name}"),
        (lists.issuer, "the issuer that the token was earned with"),
    ):
        if switches.stops(allowed, name):
            raise _stopped(target)


def _disallowed() -> Unauthorized:
    return Unauthorized(RobotsDisallowed.MESSAGE, cause=Cause.ROBOTS_DISALLOWED)


def _stopped(target: str) -> Unauthorized:
    reason = f"the emergency switch of {target} is on"
    return Unauthorized(RobotsDisallowed.MESSAGE, reason, Cause.EMERGENCY_SWITCH)


def _own(rows: Sequence[Row], full_name: str) -> TokenRow | None:
    """The token of the robot called `full_name`, if it is among the rows.

    Two robots can have one secret whose digests differ, as they are of two keys.
    """
    found = token_rows.in_rows(rows)
    own = [row for row in found if _same(row.full_name, full_name)]
    return own[0] if own else None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))
