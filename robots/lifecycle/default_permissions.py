"""Default permissions: what new repositories of an organization grant."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from robots import audit
from robots.audit import Performer
from robots.errors import DomainError, ForeignNamespace, NotFound
from robots.models import DefaultPermission, Namespace, Robot, Team
from robots.roles import Role

Creator = Robot | AbstractBaseUser
"""Whose new repositories a default permission is limited to."""

Grantee = Robot | Team | AbstractBaseUser
"""Whom a default permission names."""


def create_default_permission(
    namespace: Namespace,
    grantee: Grantee,
    role: Role,
    by: Performer,
    creator: Creator | None = None,
) -> DefaultPermission:
    """Grant `role` on every repository to come, or only on those of `creator`.

    The same pair may be named more than once. Raises ForeignNamespace for another
    namespace's robot or team, DomainError in a personal namespace, which has none,
    or if somebody it names is gone.
    """
    if not namespace.is_organization:
        raise DomainError(
            f"{namespace} is a person's own namespace: it has no default permissions"
        )
    _check_own(namespace, grantee)
    _check_own(namespace, creator)
    try:
        with transaction.atomic():
            made = DefaultPermission.objects.create(
                namespace=namespace, role=role, **_columns(grantee, creator)
            )
            _record("create_prototype_permission", made, by)
    except IntegrityError:
        raise DomainError("Missing delegate user or team") from None
    return made


def change_default_permission(
    default: DefaultPermission, role: Role, by: Performer
) -> DefaultPermission:
    """Give another role; repositories that exist keep what they have.

    Answers the new row; NotFound if it is gone.
    """
    with transaction.atomic():
        locked = _locked(default)
        before = Role(locked.role)
        locked.role = role
        locked.save(update_fields=["role"])
        _record("modify_prototype_permission", locked, by, original_role=before.label)
    return locked


def delete_default_permission(default: DefaultPermission, by: Performer) -> None:
    """Delete it; repositories that exist keep what they have. NotFound if gone."""
    with transaction.atomic():
        locked = _locked(default)
        _record("delete_prototype_permission", locked, by)
        locked.delete()


def _locked(default: DefaultPermission) -> DefaultPermission:
    locked = (
        DefaultPermission.objects.select_for_update(of=("self",))
        .select_related(
            "namespace",
            "creator_user",
            "creator_robot__namespace",
            "user",
            "robot__namespace",
            "team",
        )
        .filter(pk=default.pk)
        .first()
    )
    if locked is None:
        raise NotFound(f"There is no default permission {default.uuid}")
    return locked


def _check_own(namespace: Namespace, named: Grantee | None) -> None:
    if isinstance(named, Robot | Team) and named.namespace_id != namespace.pk:
        raise ForeignNamespace(
            f"{_name(named)} does not belong to namespace {namespace.name}"
        )


def _columns(grantee: Grantee, creator: Creator | None) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    match grantee:
        case Robot():
            columns["robot"] = grantee
        case Team():
            columns["team"] = grantee
        case _:
            columns["user"] = grantee
    if isinstance(creator, Robot):
        columns["creator_robot"] = creator
    elif creator is not None:
        columns["creator_user"] = creator
    return columns


def _record(kind: str, default: DefaultPermission, by: Performer, **facts: Any) -> None:
    creator = default.creator_robot or default.creator_user
    grantee = default.robot or default.team or default.user
    delegate = "delegate_team" if default.team else "delegate_user"
    audit.record(
        kind,
        by,
        default.namespace,
        prototypeid=str(default.uuid),
        username=by.name,
        activating_username=_name(creator) if creator else None,
        role=Role(default.role).label,
        **{delegate: _name(grantee) if grantee else ""},
        **facts,
    )


def _name(named: Any) -> str:
    if isinstance(named, Robot):
        return named.full_name
    return named.name if isinstance(named, Team) else str(named.get_username())
