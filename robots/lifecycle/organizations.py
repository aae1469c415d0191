"""Organizations: create one with the team that owns it, change it, delete it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from robots import audit, names
from robots.audit import Performer
from robots.errors import AlreadyExists, DomainError, InUse, NotFound
from robots.models import Namespace, Robot, Team, TeamMember
from robots.roles import TeamRole
from robots.text import is_storable

OWNERS_TEAM = "owners"

NAME_TAKEN = "A user or organization with this name already exists"

MAX_EMAIL = 254
"""Characters of an e-mail address."""

TAG_EXPIRATIONS = (0, 86_400, 604_800, 1_209_600, 2_419_200)
"""Seconds that an organization may choose from: none, a day, 1, 2 and 4 weeks."""

EVENTS = {
    "email": "org_change_email",
    "invoice_email": "org_change_invoicing",
    "invoice_email_address": "org_change_invoicing",
    "tag_expiration_s": "org_change_tag_expiration",
}
"""What can be changed, and the kind of event that tells of it."""


class EmailTaken(DomainError):
    """An e-mail address that a person has; the message says so, as the API's does."""


def create_organization(
    name: str,
    by: Performer,
    owner: AbstractBaseUser | None = None,
    email: str = "",
    *,
    with_owners: bool = True,
    fields: Mapping[str, Any] = MappingProxyType({}),
) -> Namespace:
    """Create an organization and its `owners` team, with `owner` in it if given.

    Without `with_owners` only site administrators can enter it. `fields` are other
    columns to begin with: `enabled`, and what `update_organization` changes. Raises
    NameInvalid, DomainError for an e-mail address or another value that cannot be,
    EmailTaken for a person's address, AlreadyExists if a person or organization has
    the name, or NotFound if the owner is gone.
    """
    names.check_namespace_name(name)
    check_email(email)
    _check_no_person_has(email)
    _check_fields(fields)
    check_nobody_is_called(name)
    facts = {**({"email": email} if email else {}), **fields}
    try:
        with transaction.atomic():
            namespace = Namespace.objects.create(name=name, email=email, **fields)
            if with_owners:
                _add_owners(namespace, owner)
            audit.record("org_create", by, namespace, namespace_name=name, **facts)
    except IntegrityError:
        if not Namespace.objects.filter(name=name).exists():
            raise NotFound("The owner has just been deleted") from None
        raise AlreadyExists(NAME_TAKEN) from None
    return namespace


def update_organization(
    namespace: Namespace, changes: Mapping[str, Any], by: Performer
) -> Namespace:
    """Set email, invoice_email, invoice_email_address, tag_expiration_s.

    Answers the row as it is then. Raises DomainError for a value that cannot be,
    NotFound if the organization is gone.
    """
    check_email(changes.get("email", ""))
    _check_fields(changes)
    with transaction.atomic():
        locked = _locked(namespace, no_key=True)
        new = {k: v for k, v in changes.items() if getattr(locked, k) != v}
        for field, value in new.items():
            setattr(locked, field, value)
        if new:
            locked.save(update_fields=list(new))
        for kind in dict.fromkeys(EVENTS[field] for field in new):
            facts = {k: v for k, v in new.items() if EVENTS[k] == kind}
            audit.record(kind, by, locked, **facts)
    return locked


def set_namespace_enabled(namespace: Namespace, enabled: bool, by: Performer) -> None:
    """Let everybody into a namespace, a personal one too, or nobody at all.

    Nothing is recorded where it is so already. Raises NotFound if the namespace is
    gone.
    """
    with transaction.atomic():
        locked = _locked(namespace, no_key=True)
        namespace.enabled = enabled
        if locked.enabled == enabled:
            return
        locked.enabled = enabled
        locked.save(update_fields=["enabled"])
        kind = "enable_namespace" if enabled else "disable_namespace"
        audit.record(kind, by, locked)


def delete_organization(namespace: Namespace, by: Performer) -> None:
    """Delete an organization and all that lives in it; its name is free at once.

    Raises DomainError for a person's own namespace, NotFound if it is gone, InUse
    if something in it is being changed at this moment.
    """
    if not namespace.is_organization:
        raise DomainError(
            f"{namespace} is a person's own namespace: it goes when the person is"
            " deleted"
        )
    try:
        with transaction.atomic():
            locked = _locked(namespace)
            audit.record("org_delete", by, locked, namespace_name=locked.name)
            lock_robots(locked)
            locked.delete()
    except IntegrityError:
        raise InUse(
            f"Something in {namespace} is being changed: try again in a moment"
        ) from None


def lock_robots(namespace: Namespace) -> None:
    """Hold the robots of a namespace that is about to go, until the transaction ends.

    Logins that write take a robot first and what hangs on it second. Deleting takes
    them the other way round, and the two would wait for each other.
    """
    robots = Robot.objects.select_for_update().filter(namespace=namespace)
    list(robots.order_by("pk").values_list("pk"))


def _locked(namespace: Namespace, *, no_key: bool = False) -> Namespace:
    """The row as it is now, kept so until the transaction ends; or NotFound.

    With `no_key` others may go on storing what belongs to it. Whoever deletes it must
    not say so.
    """
    rows = Namespace.objects.select_for_update(no_key=no_key)
    locked = rows.filter(pk=namespace.pk).first()
    if locked is None:
        noun = "organization" if namespace.is_organization else "namespace"
        raise NotFound(f"There is no {noun} {namespace.name}")
    return locked


def _add_owners(namespace: Namespace, owner: AbstractBaseUser | None) -> None:
    team = Team.objects.create(
        namespace=namespace, name=OWNERS_TEAM, role=TeamRole.ADMIN
    )
    if owner is not None:
        TeamMember.objects.create(namespace=namespace, team=team, user_id=owner.pk)


def check_nobody_is_called(name: str) -> None:
    """Raise AlreadyExists for the name of a person, who may have no namespace yet."""
    people = get_user_model()
    if people._default_manager.filter(**{people.USERNAME_FIELD: name}).exists():
        raise AlreadyExists(NAME_TAKEN)


def check_organization_email(email: str) -> None:
    """Raise DomainError unless a new organization may have this address."""
    check_email(email)
    _check_no_person_has(email)


def check_email(email: str) -> None:
    """Raise DomainError for an address that is none; an empty text is no address."""
    if not email:
        return
    try:
        validate_email(email)
    except ValidationError:
        raise DomainError("Invalid email address") from None
    if len(email) > MAX_EMAIL or not is_storable(email):
        raise DomainError("Invalid email address")


def _check_no_person_has(email: str) -> None:
    people = get_user_model()
    field = people.get_email_field_name()
    same = people._default_manager.filter(**{f"{field}__iexact": email})
    if email and same.exists():
        raise EmailTaken(f"Email has already been used: {email}")


def _check_fields(fields: Mapping[str, Any]) -> None:
    check_email(fields.get("invoice_email_address", ""))
    _check_tag_expiration(fields.get("tag_expiration_s", 0))


def _check_tag_expiration(seconds: int) -> None:
    if seconds not in TAG_EXPIRATIONS:
        allowed = ", ".join(map(str, TAG_EXPIRATIONS))
        raise DomainError(f"Invalid tag_expiration_s {seconds}: one of {allowed}")
