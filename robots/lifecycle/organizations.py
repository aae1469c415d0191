"""Organizations: create one, with the team that owns it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists
from robots.models import Namespace, Team, TeamMember
from robots.roles import TeamRole

OWNERS_TEAM = "owners"


def create_organization(
    name: str, by: Performer, owner: AbstractBaseUser | None = None
) -> Namespace:
    """Create an organization and its `owners` team, with `owner` in it if given.

    Raises NameInvalid, or AlreadyExists if a person or organization has the name.
    """
    names.check_namespace_name(name)
    try:
        with transaction.atomic():
            namespace = Namespace.objects.create(name=name)
            _add_owners(namespace, owner)
            audit.record("org_create", by, namespace, namespace_name=name)
    except IntegrityError:
        raise AlreadyExists(
            "A user or organization with this name already exists"
        ) from None
    return namespace


def _add_owners(namespace: Namespace, owner: AbstractBaseUser | None) -> None:
    team = Team.objects.create(
        namespace=namespace, name=OWNERS_TEAM, role=TeamRole.ADMIN
    )
    if owner is not None:
        TeamMember.objects.create(namespace=namespace, team=team, user_id=owner.pk)
