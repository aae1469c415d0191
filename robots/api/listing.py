"""Whose teams, robots and members a caller may list, for searches across namespaces.

As `robots.standing` decides for one namespace, in one query for all of them; a
test holds the two together.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from robots.api.rules import has_user_role
from robots.identity import Identity, Kind
from robots.models import Namespace, TeamMember
from robots.roles import UserRole
from robots.standing import Standing

MAX_TEXT = 255
"""Characters of a search; no name is longer."""


def listed_namespaces(identity: Identity) -> QuerySet[Namespace]:
    """The namespaces whose robots and teams `identity` may list."""
    if identity.role_everywhere is not None:
        return Namespace.objects.all()
    if identity.kind is not Kind.USER:
        return Namespace.objects.none()
    listed = Q(pk__in=[])
    if _may_use_namespaces(identity):
        here = TeamMember.objects.filter(namespace=OuterRef("pk"), user=identity.id)
        listed |= Q(owner=identity.id) | Q(Exists(here))
    if has_user_role(identity, UserRole.ADMIN):
        listed |= Q(owner=identity.id)
    return Namespace.objects.filter(listed)


def may_list(identity: Identity, standing: Standing) -> bool:
    """The same for the one namespace of `standing`."""
    own = standing.namespace.owner_id == identity.id and not identity.is_anonymous
    return (
        standing.is_member
        or standing.may_audit
        or (own and has_user_role(identity, UserRole.ADMIN))
    )


def people() -> QuerySet[AbstractBaseUser]:
    """Everybody who can sign in."""
    return get_user_model()._default_manager.filter(is_active=True)


def _may_use_namespaces(identity: Identity) -> bool:
    return identity.ceiling is None or bool(identity.ceiling.namespace)
