"""A site administrator takes over a namespace that nobody else can administer."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit, conf
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, InUse, NotFound
from robots.lifecycle.organizations import OWNERS_TEAM
from robots.lifecycle.teams import add_member, set_team
from robots.models import Namespace, NamespaceKind, Team
from robots.roles import TeamRole


def take_ownership(
    namespace: Namespace, admin: AbstractBaseUser, by: Performer
) -> None:
    """Put `admin` in the team that owns an organization.

    A person's own namespace becomes an organization first, with its robots and
    repositories, and the person is deleted. Raises DomainError for the namespace of
    a site administrator, NotFound if it is gone, InUse if it is being changed.
    """
    try:
        with transaction.atomic():
            was_user = namespace.owner_id is not None
            if was_user:
                namespace = _converted(namespace)
            _join_owners(namespace, admin, by)
            audit.record(
                "take_ownership",
                by,
                Namespace.objects.filter(owner_id=admin.pk).first(),
                entity_id=namespace.pk,
                namespace=namespace.name,
                was_user=was_user,
                superuser=admin.get_username(),
            )
    except IntegrityError:
        raise InUse(f"{namespace.name} is being changed; try again") from None


def _converted(namespace: Namespace) -> Namespace:
    """The namespace as an organization, its person gone.

    Locks the person before the namespace, as whatever deletes a person does.
    """
    owner = _owner(namespace)
    if conf.is_site_admin(owner):
        raise DomainError("Cannot take ownership of a superuser")
    rows = Namespace.objects.select_for_update()
    locked = rows.filter(pk=namespace.pk, owner_id=owner.pk).first()
    if locked is None:
        raise _gone(namespace)
    locked.owner = None
    locked.kind = NamespaceKind.ORGANIZATION
    locked.email = getattr(owner, owner.get_email_field_name(), "")
    locked.save(update_fields=["owner", "kind", "email"])
    owner.delete()
    return locked


def _owner(namespace: Namespace) -> AbstractBaseUser:
    people: Any = get_user_model()._default_manager.select_for_update()
    owner: AbstractBaseUser | None = people.filter(pk=namespace.owner_id).first()
    if owner is None:
        raise _gone(namespace)
    return owner


def _gone(namespace: Namespace) -> NotFound:
    return NotFound(f"There is no namespace {namespace.name}")


def _join_owners(namespace: Namespace, admin: AbstractBaseUser, by: Performer) -> None:
    try:
        add_member(_owners(namespace, by), admin, by)
    except AlreadyExists:
        return


def _owners(namespace: Namespace, by: Performer) -> Team:
    """The team called `owners`, or any other that administers; made if need be."""
    teams = Team.objects.filter(namespace=namespace, role=TeamRole.ADMIN)
    team = teams.filter(name=OWNERS_TEAM).first() or teams.first()
    return team or set_team(namespace, OWNERS_TEAM, TeamRole.ADMIN, by)[0]
