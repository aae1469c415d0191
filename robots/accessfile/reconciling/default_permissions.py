"""Default permissions of a file. The same grantee and creator may be named twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from django.contrib.auth.base_user import AbstractBaseUser

from robots.accessfile.documents import DefaultPermissionDocument
from robots.accessfile.reconciling.grantees import account_named, grantee_named
from robots.accessfile.reconciling.site import Site
from robots.lifecycle.default_permissions import (
    change_default_permission,
    create_default_permission,
    delete_default_permission,
)
from robots.models import DefaultPermission, Robot
from robots.names import TEAM_PREFIX
from robots.roles import Role

DEFAULT_PERMISSION = "default permission"

Pair = tuple[str, str | None]
"""Grantee and creator, as a file names them."""


def settle(site: Site) -> None:
    """Make the defaults that are listed, and remove others where that is asked for.

    Of one pair, what is there with another role is changed before one is added.
    """
    if site.said.default_permissions is None:
        return
    held = _held(site)
    wanted: dict[Pair, list[DefaultPermissionDocument]] = defaultdict(list)
    for said in site.said.default_permissions:
        wanted[said.grantee, said.creator].append(said)
    for pair in sorted(set(held) | set(wanted), key=_order):
        _settle_pair(site, pair, held.get(pair, []), wanted.get(pair, []))


def _settle_pair(
    site: Site,
    pair: Pair,
    held: Sequence[DefaultPermission],
    wanted: Sequence[DefaultPermissionDocument],
) -> None:
    missing, others = _without_equals(held, wanted)
    for said, row in zip(missing, others, strict=False):
        _change(site, pair, row, said)
    for said in missing[len(others) :]:
        _create(site, pair, said)
    rest = others[len(missing) :]
    if not site.prunes:
        site.leave(len(rest))
        return
    for row in rest:
        with site.at(site.said.line):
            delete_default_permission(row, site.by)
        site.ledger.remove(DEFAULT_PERMISSION, _name(site, pair), Role(row.role).label)


def _without_equals(
    held: Sequence[DefaultPermission], wanted: Sequence[DefaultPermissionDocument]
) -> tuple[list[DefaultPermissionDocument], list[DefaultPermission]]:
    """What is wanted and not held, and what is held and not wanted."""
    spare = Counter(row.role for row in held)
    missing = []
    for said in wanted:
        if spare[said.role]:
            spare[said.role] -= 1
        else:
            missing.append(said)
    others = []
    for row in held:
        if spare[row.role]:
            spare[row.role] -= 1
            others.append(row)
    return missing, others


def _create(site: Site, pair: Pair, said: DefaultPermissionDocument) -> None:
    creator = said.creator
    with site.at(said.line):
        create_default_permission(
            site.namespace,
            grantee_named(site, said.grantee, said.line),
            said.role,
            site.by,
            account_named(site, creator, said.line) if creator is not None else None,
        )
    name = _name(site, pair)
    site.ledger.add(DEFAULT_PERMISSION, name, said.role.label, widens=True)


def _change(
    site: Site, pair: Pair, row: DefaultPermission, said: DefaultPermissionDocument
) -> None:
    before = Role(row.role)
    with site.at(said.line):
        change_default_permission(row, said.role, site.by)
    site.ledger.change(
        DEFAULT_PERMISSION,
        _name(site, pair),
        [f"{before.label} -> {said.role.label}"],
        widens=said.role > before,
    )


def _held(site: Site) -> dict[Pair, list[DefaultPermission]]:
    rows = DefaultPermission.objects.filter(namespace=site.namespace).select_related(
        "user", "robot", "team", "creator_user", "creator_robot"
    )
    held: dict[Pair, list[DefaultPermission]] = defaultdict(list)
    for row in rows.order_by("role", "pk"):
        held[_pair(site, row)].append(row)
    return held


def _pair(site: Site, row: DefaultPermission) -> Pair:
    creator = next(_accounts(site, row.creator_robot, row.creator_user), None)
    if row.team is not None:
        return f"{TEAM_PREFIX}{row.team.name}", creator
    return next(_accounts(site, row.robot, row.user)), creator


def _accounts(
    site: Site, robot: Robot | None, person: AbstractBaseUser | None
) -> Iterator[str]:
    if robot is not None:
        yield f"{site.name}+{robot.name}"
    if person is not None:
        yield person.get_username()


def _order(pair: Pair) -> tuple[str, str]:
    return pair[0], pair[1] or ""


def _name(site: Site, pair: Pair) -> str:
    grantee, creator = pair
    limit = f" for what {creator} creates" if creator is not None else ""
    return f"{site.name} {grantee}{limit}"
