"""Who belongs to an organization, for the answers that say so."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.utils import timezone

from robots.grants import live_permissions
from robots.models import Namespace, RepositoryPermission, Robot, TeamMember

Account = Robot | AbstractBaseUser
"""Who may be in a team, or hold a permission of one's own."""


def account_name(account: Account) -> str:
    """The full name of a robot, or the user name of a person."""
    if isinstance(account, Robot):
        return account.full_name
    return account.get_username()


def member_ids(namespace: Namespace) -> frozenset[int]:
    """The keys of the people in any team of `namespace`. One query."""
    members = TeamMember.objects.filter(namespace=namespace, user__isnull=False)
    return frozenset(pk for pk in members.values_list("user_id", flat=True) if pk)


def permissions_in(namespace: Namespace) -> QuerySet[RepositoryPermission]:
    """The permissions on repositories of `namespace` that count now."""
    return live_permissions(timezone.now()).filter(namespace=namespace)
