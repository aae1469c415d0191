"""What a person is to a namespace: its administrator, creator, member, or nothing.

What may be done to robots, teams and organizations follows from it, as what may
be done to repositories follows from `robots.access`.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from robots.identity import Identity, Kind
from robots.models import Namespace, TeamMember
from robots.names import simple_name_issue
from robots.roles import Role, TeamRole


@dataclass(frozen=True, slots=True)
class Standing:
    """An identity's rights in one namespace, its OAuth ceiling counted.

    `is_admin` includes a site administrator with full access. `may_audit` is an
    administrator, or an auditor of the site, who reads everything but secrets.
    """

    namespace: Namespace
    is_admin: bool = False
    is_creator: bool = False
    is_member: bool = False
    may_audit: bool = False


def standing_in(identity: Identity, name: str) -> Standing | None:
    """The standing in the namespace called `name`; None if there is none. One query."""
    if simple_name_issue(name, "Namespace"):
        return None
    return _found(identity, Q(name=name))


def own_standing(identity: Identity) -> Standing | None:
    """The standing in the person's own namespace; None if there is none. One query.

    Whoever has none of their own gets none that is called like them.
    """
    if identity.kind is not Kind.USER:
        return None
    return _found(identity, Q(owner=identity.id))


def administered_namespaces(identity: Identity) -> QuerySet[Namespace]:
    """Those in which `standing_in` finds an administrator."""
    if identity.kind is Kind.USER and identity.role_everywhere is Role.ADMIN:
        return Namespace.objects.all()
    return _joined(identity, TeamRole.ADMIN)


def joined_namespaces(identity: Identity) -> QuerySet[Namespace]:
    """Those in which `standing_in` finds a member, administrators among them."""
    if identity.kind is Kind.USER and identity.role_everywhere is Role.ADMIN:
        return Namespace.objects.all()
    return _joined(identity, TeamRole.MEMBER)


def _joined(identity: Identity, least: TeamRole) -> QuerySet[Namespace]:
    ceiling = identity.ceiling.namespace if identity.ceiling else TeamRole.ADMIN
    if identity.kind is not Kind.USER or (ceiling or 0) < least:
        return Namespace.objects.none()
    here = TeamMember.objects.filter(
        user=identity.id, namespace=OuterRef("pk"), team__role__gte=least
    )
    return Namespace.objects.filter(Q(owner_id=identity.id) | Q(Exists(here)))


def _found(identity: Identity, wanted: Q) -> Standing | None:
    # Not by joining: a namespace may have many teams, and they many members.
    mine = TeamMember.objects.filter(user=identity.id or 0, namespace=OuterRef("pk"))
    highest = mine.order_by("-team__role").values("team__role")[:1]
    rows = Namespace.objects.filter(wanted).annotate(own_role=Subquery(highest))
    namespace = rows.first()
    if namespace is None:
        return None
    return _standing(identity, namespace, namespace.own_role)


def _standing(identity: Identity, namespace: Namespace, role: int | None) -> Standing:
    if identity.kind is not Kind.USER:
        return Standing(namespace)
    ceiling: int = TeamRole.ADMIN
    if identity.ceiling is not None:
        ceiling = identity.ceiling.namespace or 0
    owned = namespace.owner_id == identity.id
    held = min(TeamRole.ADMIN if owned else role or 0, ceiling)
    everywhere = identity.role_everywhere
    is_admin = held >= TeamRole.ADMIN or everywhere is Role.ADMIN
    return Standing(
        namespace,
        is_admin=is_admin,
        is_creator=is_admin or held >= TeamRole.CREATOR,
        is_member=is_admin or (bool(owned or role) and ceiling > 0),
        may_audit=is_admin or everywhere is not None,
    )
