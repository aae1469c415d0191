"""What a person's groups at the provider are worth here: teams, and powers.

The mapping manages the teams that it names, for the people who sign in with the
provider: a membership in one of them that somebody made by hand ends at the next
sign-in as well. Teams that it does not name are left alone.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress

from quaysite.lifecycle.oidc_accounts import forget_password
from quaysite.lifecycle.people import locked
from quaysite.lifecycle.person_changes import Changes, change_person
from quaysite.models import User
from quaysite.oidc import conf
from quaysite.oidc.claims import Claims
from quaysite.oidc.conf import TeamGroup
from robots.audit import Performer
from robots.errors import AlreadyExists, NotFound
from robots.lifecycle.administrators import administrators, lock_organization
from robots.lifecycle.teams import add_member, remove_member
from robots.models import Team, TeamMember
from robots.roles import TeamRole

logger = logging.getLogger(__name__)


def synchronize(user: User, claims: Claims, by: Performer) -> User:
    """Give and take what the groups say; answers the person as stored.

    Call it in the transaction of the sign-in. Where the provider says nothing of
    groups, nothing changes, unless the operator named the claim: then there are none.
    """
    groups = claims.groups
    if groups is None:
        if not conf.groups_are_expected():
            return user
        logger.warning("The provider sent no list in the claim OIDC_GROUPS_CLAIM")
        groups = frozenset()
    _synchronize_teams(user, groups, by)
    return _synchronize_powers(user, groups, by)


def _synchronize_teams(user: User, groups: frozenset[str], by: Performer) -> None:
    mapping = conf.team_groups()
    if not mapping:
        return
    teams = _teams(mapping)
    wanted = {str(entry) for entry in mapping if entry.group in groups}
    joined = set(
        TeamMember.objects.filter(
            user=user, team__in=[team.pk for team in teams.values()]
        ).values_list("team_id", flat=True)
    )
    for place, team in teams.items():
        if place in wanted and team.pk not in joined:
            _join(team, user, by)
        elif place not in wanted and team.pk in joined:
            _leave(team, user, by)


def _teams(mapping: Iterable[TeamGroup]) -> dict[str, Team]:
    """Those of the mapping that there are, by `organization/team`."""
    places = {str(entry): entry for entry in mapping}
    rows = Team.objects.select_related("namespace").filter(
        namespace__name__in={entry.organization for entry in places.values()},
        name__in={entry.team for entry in places.values()},
    )
    found = {f"{team.namespace.name}/{team.name}": team for team in rows}
    for place in sorted(places.keys() - found.keys()):
        logger.warning("OIDC_TEAM_GROUPS: there is no team %s", place)
    return {place: team for place, team in found.items() if place in places}


def _join(team: Team, user: User, by: Performer) -> None:
    try:
        add_member(team, user, by)
    except AlreadyExists:
        return


def _leave(team: Team, user: User, by: Performer) -> None:
    """Unless nobody would administer the organization then.

    Where somebody else was faster, there is nothing to leave any more.
    """
    with suppress(NotFound):
        _leave_unless_last(team, user, by)


def _leave_unless_last(team: Team, user: User, by: Performer) -> None:
    lock_organization(team.namespace)
    if _is_last_way_to_administer(team, user):
        logger.warning("%s stays in %s/%s: there is no other administrator",
                       user, team.namespace, team)  # fmt: skip
        return
    remove_member(team, user, by)


def _is_last_way_to_administer(team: Team, user: User) -> bool:
    if team.role != TeamRole.ADMIN or administrators(team.namespace) != {user.pk}:
        return False
    others = TeamMember.objects.filter(
        namespace=team.namespace, team__role=TeamRole.ADMIN, user=user
    )
    return not others.exclude(team=team).exists()


def _synchronize_powers(user: User, groups: frozenset[str], by: Performer) -> User:
    """Superusers are staff too; who ceases to be one ceases to be the other.

    Whoever is given powers has no password any more: staff who may change people
    may have chosen it, and would have the powers too.
    """
    staff_groups, superuser_groups = conf.staff_groups(), conf.superuser_groups()
    superuser = bool(groups & superuser_groups) if superuser_groups else None
    staff: bool | None = None
    if superuser or staff_groups:
        staff = bool(superuser or groups & staff_groups)
    elif superuser is False and user.is_superuser:
        staff = False
    changes = Changes(superuser=superuser, staff=staff)
    if (superuser, staff) == (None, None):
        return user
    before = locked(user)
    gains = (superuser and not before.is_superuser) or (staff and not before.is_staff)
    if gains and before.has_usable_password():
        forget_password(before, by)
    return change_person(user, changes, by)
