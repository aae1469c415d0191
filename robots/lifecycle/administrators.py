"""Who administers an organization, asked under a lock that its changes share.

Without the lock two people could take the last rights from each other at once.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from robots import conf
from robots.audit import Performer
from robots.errors import DomainError, NotFound
from robots.models import Namespace, Team, TeamMember
from robots.roles import TeamRole


def lock_organization(namespace: Namespace) -> None:
    """Make other changes of teams wait for this transaction; NotFound if it is gone.

    New rows that refer to the namespace do not wait.
    """
    locked = Namespace.objects.select_for_update(no_key=True)
    if not locked.filter(pk=namespace.pk).exists():
        raise NotFound(f"There is no organization {namespace.name}")


def administrators(namespace: Namespace) -> frozenset[int]:
    """The keys of the people in its admin teams."""
    members = _admin_members(namespace).filter(user__isnull=False)
    return frozenset(pk for pk in members.values_list("user_id", flat=True) if pk)


def check_spare(team: Team, by: Performer, refusal: str) -> None:
    """Raise DomainError(`refusal`) if `team` is the only one to make `by` an admin.

    Call it under the lock, before `team` or its admin role goes.
    """
    if team.role != TeamRole.ADMIN or by.user_id is None:
        return
    if _admin_teams(team.namespace, by.user_id) == {team.pk}:
        raise DomainError(refusal)
    check_still_admin(team.namespace, by)


def check_still_admin(namespace: Namespace, by: Performer) -> None:
    """Raise DomainError for a person who lost the right while waiting for the lock.

    Operators at the command line, site administrators and staff whom Django's
    permissions let change teams always have it.
    """
    if by.user_id is None or _admin_teams(namespace, by.user_id):
        return
    person = get_user_model()._default_manager.filter(pk=by.user_id).first()
    if person is None or not (conf.is_site_admin(person) or _is_team_staff(person)):
        raise DomainError(
            f"User {by.name} is no longer an administrator of {namespace.name}"
        )


def _is_team_staff(person: Any) -> bool:
    if not getattr(person, "is_staff", False):
        return False
    return bool(person.is_active and person.has_perm("robots.change_team"))


def _admin_teams(namespace: Namespace, user_id: int) -> set[int]:
    members = _admin_members(namespace).filter(user=user_id)
    return set(members.values_list("team_id", flat=True))


def _admin_members(namespace: Namespace) -> QuerySet[TeamMember]:
    return TeamMember.objects.filter(namespace=namespace, team__role=TeamRole.ADMIN)
