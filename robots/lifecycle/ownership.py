"""A site administrator takes over a namespace that nobody else can administer."""

from itertools import chain, count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit, conf
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, InUse, NotFound
from robots.lifecycle.administrators import lock_organization
from robots.lifecycle.organizations import OWNERS_TEAM
from robots.lifecycle.teams import add_member, create_team
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
        raise _being_changed(namespace) from None


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


def _being_changed(namespace: Namespace) -> InUse:
    return InUse(f"{namespace.name} is being changed; try again")


def _join_owners(namespace: Namespace, admin: AbstractBaseUser, by: Performer) -> None:
    team = _owners(namespace, by)
    try:
        add_member(team, admin, by)
    except AlreadyExists:
        return


def _owners(namespace: Namespace, by: Performer) -> Team:
    """The team called `owners`, or any other, that administers; made if need be.

    A team that does not administer stays as it is, for its members would with it.
    Raises InUse if a team of the chosen name comes to be meanwhile.
    """
    lock_organization(namespace)
    admins = Team.objects.filter(namespace=namespace, role=TeamRole.ADMIN)
    found = admins.filter(name=OWNERS_TEAM).first() or admins.first()
    if found is not None:
        return found
    name = _free_team_name(namespace)
    try:
        return create_team(namespace, name, TeamRole.ADMIN, by, description="")
    except AlreadyExists:
        raise _being_changed(namespace) from None


def _free_team_name(namespace: Namespace) -> str:
    """`owners`, or with the lowest number that no team has: `owners2`, `owners3`."""
    taken = set(Team.objects.filter(namespace=namespace).values_list("name", flat=True))
    numbered = (f"{OWNERS_TEAM}{number}" for number in count(2))
    return next(name for name in chain((OWNERS_TEAM,), numbered) if name not in taken)
