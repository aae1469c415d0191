"""Repositories: created by people, by commands, and by a first push (R4)."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q

from robots import audit, conf, names
from robots.audit import Performer
from robots.errors import AlreadyExists, NotFound
from robots.identity import Identity, Kind
from robots.lookup import namespace_named
from robots.models import (
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
)
from robots.names import RepositoryName
from robots.origin import Origin
from robots.roles import Role, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION, check_description


def create_repository(
    namespace: Namespace,
    name: str,
    by: Performer,
    *,
    visibility: Visibility = Visibility.PRIVATE,
    description: str = "",
    creator: Identity | None = None,
) -> Repository:
    """Create a repository; its creator gets admin, then default permissions apply.

    Raises NameInvalid, DomainError for a description that cannot be kept,
    AlreadyExists, or NotFound if the namespace or a grantee is gone.
    """
    names.check_repository_name(name)
    check_description(description, MAX_REPOSITORY_DESCRIPTION)
    try:
        with transaction.atomic():
            repository = Repository.objects.create(
                namespace=namespace,
                name=name,
                visibility=visibility,
                description=description,
            )
            _grant_at_creation(repository, creator)
            audit.record(
                "create_repo",
                by,
                namespace,
                repository,
                repo=name,
                visibility=visibility.label,
            )
    except IntegrityError:
        if not Repository.objects.filter(namespace=namespace, name=name).exists():
            raise NotFound("The namespace or a grantee has just been deleted") from None
        raise AlreadyExists("Repository already exists") from None
    return repository


def create_on_push(identity: Identity, name: RepositoryName, origin: Origin) -> None:
    """Create what a first push needs; `robots.access` has said that it may be.

    Raises AlreadyExists if another push was faster, NotFound if the namespace or a
    grantee is gone since.
    """
    create_repository(
        namespace_named(name.namespace),
        name.name,
        Performer.caller(identity, origin),
        visibility=(
            Visibility.PRIVATE if conf.private_on_push() else Visibility.PUBLIC
        ),
        creator=identity,
    )


def _grant_at_creation(repository: Repository, creator: Identity | None) -> None:
    grants: dict[tuple[str, int], Role] = {}
    for default in _applicable_defaults(repository.namespace, creator):
        key = _grantee_key(default)
        grants[key] = max(Role(default.role), grants.get(key, Role.READ))
    grants.pop(("user", repository.namespace.owner_id or 0), None)
    if creator is not None and creator.id is not None:
        own = (creator.kind.value, creator.id)
        grants.pop(own, None)
        if own != ("user", repository.namespace.owner_id):
            grants[own] = Role.ADMIN
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace_id=repository.namespace_id,
            repository=repository,
            role=role,
            **{f"{column}_id": pk},
        )
        for (column, pk), role in grants.items()
    )


def _applicable_defaults(
    namespace: Namespace, creator: Identity | None
) -> Iterable[DefaultPermission]:
    """Those for everybody, except where one for this creator has the same grantee.

    A person's own namespace has none (contract section 6).
    """
    if not namespace.is_organization:
        return []
    anyone = Q(creator_user__isnull=True, creator_robot__isnull=True)
    defaults = DefaultPermission.objects.filter(namespace=namespace)
    general = list(defaults.filter(anyone))
    if creator is None or creator.kind is Kind.ANONYMOUS:
        return general
    own = list(defaults.filter(**{f"creator_{creator.kind.value}_id": creator.id}))
    special = {_grantee_key(default) for default in own}
    return own + [d for d in general if _grantee_key(d) not in special]


def _grantee_key(default: DefaultPermission) -> tuple[str, int]:
    if default.robot_id is not None:
        return "robot", default.robot_id
    if default.team_id is not None:
        return "team", default.team_id
    return "user", default.user_id or 0
