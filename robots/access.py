"""THE decision: what an identity may do to repositories, and which ones it sees.

`authorize` decides and `visible_repositories` lists; both read the grants of
`robots.grants`, and a property test holds them together. Nothing is written.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from robots.decision import (
    AccessRequest,
    Decision,
    NamespaceFacts,
    RepositoryFacts,
    decide,
)
from robots.grants import (
    Grantee,
    GrantRow,
    direct_permissions,
    grant_rows,
    memberships,
    replica_grant_rows,
    team_permissions,
    usable_namespaces,
)
from robots.identity import Identity, Kind
from robots.login_grants import LoginGrants
from robots.models import Repository
from robots.names import RepositoryName
from robots.roles import Role, State, TeamRole, Visibility


def authorize(
    identity: Identity,
    requests: Sequence[AccessRequest],
    now: datetime,
    login: LoginGrants | None = None,
) -> list[Decision]:
    """Decide each request, in order, with one query for all of them together.

    With none if the identity's `login`, of this very moment, found what they depend
    on. Deny is the default, and each refused action carries its reason. Raises
    ValueError for more than `grants.MAX_REPOSITORIES` requests.
    """
    if not requests:
        return []
    asked = _named(requests)
    rows = login.rows_for(identity, asked) if login is not None else None
    if rows is None:
        rows = grant_rows(identity, asked, now)
    return _decisions(identity, requests, rows)


def authorize_by_replica(
    identity: Identity, requests: Sequence[AccessRequest], now: datetime
) -> list[Decision] | None:
    """As `authorize`, where the replica grants all that is asked; None elsewhere.

    What it refuses may have been granted a moment ago: `authorize` must be asked then.
    """
    rows = replica_grant_rows(identity, _named(requests), now) if requests else None
    if rows is None:
        return None
    decisions = _decisions(identity, requests, rows)
    return decisions if all(map(_is_plain_yes, decisions)) else None


def _is_plain_yes(decision: Decision) -> bool:
    return (
        decision.granted == decision.request.actions
        and not decision.creates
        and not decision.namespace_disabled
    )


def _named(requests: Sequence[AccessRequest]) -> list[RepositoryName]:
    return [request.repository for request in requests]


def _decisions(
    identity: Identity, requests: Sequence[AccessRequest], rows: Sequence[GrantRow]
) -> list[Decision]:
    named = {row.namespace_name: row for row in rows}
    namespaces = {name: _namespace_facts(identity, row) for name, row in named.items()}
    repositories: dict[tuple[str, str | None], RepositoryFacts | None] = {
        (row.namespace_name, row.repository_name): _repository_facts(row)
        for row in rows
    }
    return [
        decide(
            identity,
            request,
            namespaces.get(request.repository.namespace),
            repositories.get(request.repository),
        )
        for request in requests
    ]


def may_list_catalog(identity: Identity) -> bool:
    """Whether `registry:catalog:*` is granted: to site administrators only."""
    return (
        identity.kind is Kind.USER and identity.is_site_admin and identity.acts_for_site
    )


def visible_repositories(identity: Identity, now: datetime) -> QuerySet[Repository]:
    """The repositories that `authorize` lets `identity` pull, as a queryset."""
    if identity.role_everywhere is not None:
        return Repository.objects.filter(usable_namespaces("namespace__"))
    seen = Q(visibility=Visibility.PUBLIC)
    if not identity.is_anonymous and _may_read_any(identity):
        seen |= _granted(identity, now)
    return Repository.objects.filter(usable_namespaces("namespace__"), seen)


def _may_read_any(identity: Identity) -> bool:
    return identity.ceiling is None or identity.ceiling.repository is not None


def _granted(identity: Identity, now: datetime) -> Q:
    grantee = Grantee(identity.kind.value, identity.id, now)
    here = OuterRef("pk")
    granted: Q = Q(Exists(direct_permissions(grantee).filter(repository=here)))
    granted |= Q(Exists(team_permissions(grantee).filter(repository=here)))
    granted |= Q(
        Exists(
            memberships(grantee).filter(
                namespace=OuterRef("namespace_id"), team__role=TeamRole.ADMIN
            )
        )
    )
    if identity.kind is Kind.ROBOT:
        return granted & Q(namespace_id=identity.namespace_id)
    return granted | Q(namespace__owner_id=identity.id)


def _namespace_facts(identity: Identity, row: GrantRow) -> NamespaceFacts:
    return NamespaceFacts(
        id=row.namespace_id,
        enabled=row.namespace_enabled and row.owner_is_active,
        owned=identity.kind is Kind.USER and row.owner_id == identity.id,
        team_role=_TEAM_ROLES[row.team_role],
    )


def _repository_facts(row: GrantRow) -> RepositoryFacts | None:
    if row.repository_id is None:
        return None
    return RepositoryFacts(
        row.repository_id,
        _VISIBILITIES[row.visibility],
        _STATES[row.state],
        row.mirror_robot_id,
        direct_role=_ROLES[row.direct_role],
        via_team_role=_ROLES[row.via_team_role],
    )


# To look a member up by calling its class costs several times as much. A number that
# is none of them is a KeyError here.
_ROLES: dict[int | None, Role | None] = {None: None, **{role: role for role in Role}}
_TEAM_ROLES: dict[int | None, TeamRole | None] = {
    None: None,
    **{role: role for role in TeamRole},
}
_VISIBILITIES: dict[int | None, Visibility] = {each: each for each in Visibility}
_STATES: dict[int | None, State] = {each: each for each in State}
