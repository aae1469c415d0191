"""A person leaves an organization: teams and permissions, all at once."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from robots import audit
from robots.audit import Performer
from robots.errors import DomainError
from robots.lifecycle.administrators import (
    administrators,
    check_still_admin,
    lock_organization,
)
from robots.models import Namespace, RepositoryPermission, TeamMember


def remove_person_from_organization(
    namespace: Namespace, person: AbstractBaseUser, by: Performer
) -> None:
    """Take away a person's memberships and direct permissions in `namespace`.

    Each of them is an event; who has none is left alone. Raises NotFound if the
    organization is gone, DomainError for its only administrator.
    """
    with transaction.atomic():
        lock_organization(namespace)
        admins = administrators(namespace)
        if admins == {person.pk}:
            raise DomainError(
                "Cannot remove user as they are the only organization admin"
            )
        if person.pk in admins:
            check_still_admin(namespace, by)
        _leave_teams(namespace, person, by)
        _lose_permissions(namespace, person, by)


def _leave_teams(namespace: Namespace, person: AbstractBaseUser, by: Performer) -> None:
    rows = TeamMember.objects.filter(namespace=namespace, user=person.pk)
    for team in rows.order_by("team_id").values_list("team__name", flat=True):
        audit.record(
            "org_remove_team_member",
            by,
            namespace,
            member=person.get_username(),
            team=team,
        )
    rows.delete()


def _lose_permissions(
    namespace: Namespace, person: AbstractBaseUser, by: Performer
) -> None:
    rows = RepositoryPermission.objects.filter(namespace=namespace, user=person.pk)
    for row in rows.select_related("repository").order_by("repository_id"):
        audit.record(
            "delete_repo_permission",
            by,
            namespace,
            row.repository,
            username=person.get_username(),
            repo=row.repository.name,
        )
    rows.delete()
