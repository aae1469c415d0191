"""What the facts about one repository allow: the rules R2 to R4, and nothing else.

Pure: no database, no clock, no network. `robots.access` gathers the facts and
calls `decide`; nothing else in the project turns grants into permission.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from robots.identity import Identity, Kind
from robots.names import RepositoryName
from robots.roles import NEEDED_ROLE, Action, Role, State, TeamRole, Visibility

# Looking a member up in its class costs ten times what a name of the module does, and
# these are asked of each action of each scope.
_PULL, _PUSH = Action.PULL, Action.PUSH
_PUBLIC = Visibility.PUBLIC
_NORMAL, _READ_ONLY = State.NORMAL, State.READ_ONLY
_ROBOT = Kind.ROBOT
_ADMIN, _TEAM_ADMIN = Role.ADMIN, TeamRole.ADMIN


class Denial(StrEnum):
    """Why an action was refused: for the log and the explainer, not for the caller."""

    NO_NAMESPACE = "the namespace does not exist"
    NAMESPACE_DISABLED = "the namespace is disabled"
    NO_REPOSITORY = "the repository does not exist"
    MAY_NOT_CREATE = "the repository does not exist and may not be created"
    NO_GRANT = "no grant"
    ROLE_TOO_LOW = "the role is too low"
    FOREIGN_NAMESPACE = "a robot has no rights outside its namespace"
    SCOPE_CEILING = "the OAuth token's scopes do not allow it"
    READ_ONLY = "the repository is read-only"
    MIRROR = "the repository is a mirror: only its robot pushes, and nobody deletes"


class AccessRequest(NamedTuple):
    """One repository and what the caller wants to do to it."""

    repository: RepositoryName
    actions: frozenset[Action]


class NamespaceFacts(NamedTuple):
    """A namespace as one identity finds it."""

    id: int
    enabled: bool
    owned: bool = False
    team_role: TeamRole | None = None


class RepositoryFacts(NamedTuple):
    """A repository as one identity finds it; roles are unexpired grants only."""

    id: int
    visibility: Visibility
    state: State
    mirror_robot_id: int | None = None
    direct_role: Role | None = None
    via_team_role: Role | None = None


class Decision(NamedTuple):
    """The answer to one AccessRequest.

    `creates` says that the repository does not exist and that `granted` holds
    once the caller has created it; nothing is granted before that. `repository_id`
    is its key if it exists in a namespace that is enabled.
    """

    request: AccessRequest
    granted: frozenset[Action]
    denied: Mapping[Action, Denial] = MappingProxyType({})
    role: Role | None = None
    creates: bool = False
    namespace_disabled: bool = False
    repository_id: int | None = None


def decide(
    identity: Identity,
    request: AccessRequest,
    namespace: NamespaceFacts | None,
    repository: RepositoryFacts | None,
) -> Decision:
    """Answer one request from the facts. Whatever is not granted has a reason."""
    if namespace is None:
        return _deny_all(request, Denial.NO_NAMESPACE)
    if not namespace.enabled:
        return _deny_all(request, Denial.NAMESPACE_DISABLED, namespace_disabled=True)
    if repository is None:
        return _decide_missing(identity, request, namespace)
    return _decide_existing(identity, request, namespace, repository)


def _decide_missing(
    identity: Identity, request: AccessRequest, namespace: NamespaceFacts
) -> Decision:
    if _PUSH not in request.actions:
        return _deny_all(request, Denial.NO_REPOSITORY)
    if not may_create(identity, namespace):
        return _deny_all(request, Denial.MAY_NOT_CREATE)
    role = _highest(_under_ceiling(identity, _ADMIN), identity.role_everywhere)
    if role is None or role < NEEDED_ROLE[_PUSH]:
        return _deny_all(request, Denial.SCOPE_CEILING)
    denied = {
        action: Denial.SCOPE_CEILING
        for action in request.actions
        if role < NEEDED_ROLE[action]
    }
    return Decision(
        request, request.actions.difference(denied), denied, role, creates=True
    )


def _decide_existing(
    identity: Identity,
    request: AccessRequest,
    namespace: NamespaceFacts,
    repository: RepositoryFacts,
) -> Decision:
    role = effective_role(identity, namespace, repository)
    denied: dict[Action, Denial] = {}
    for action in request.actions:
        if denial := _denial(identity, action, role, namespace, repository):
            denied[action] = denial
    # The same set, where it can be: its hash is known already.
    granted = request.actions.difference(denied) if denied else request.actions
    return Decision(request, granted, denied, role, repository_id=repository.id)


def effective_role(
    identity: Identity, namespace: NamespaceFacts, repository: RepositoryFacts
) -> Role | None:
    """The highest role from any grant, cut by the ceiling; visibility not counted."""
    if identity.is_anonymous or _is_foreign(identity, namespace):
        return None
    role = _granted_role(namespace, repository)
    granted = None if role is None else _under_ceiling(identity, role)
    everywhere = identity.role_everywhere
    return granted if everywhere is None else _highest(granted, everywhere)


def _highest(*roles: Role | None) -> Role | None:
    return max((role for role in roles if role is not None), default=None)


def _under_ceiling(identity: Identity, role: Role) -> Role | None:
    if identity.ceiling is None:
        return role
    if identity.ceiling.repository is None:
        return None
    return min(role, identity.ceiling.repository)


def may_create(identity: Identity, namespace: NamespaceFacts) -> bool:
    """Whether a push may create a repository here (R4)."""
    if identity.is_anonymous or not namespace.enabled:
        return False
    if _is_foreign(identity, namespace):
        return False
    if identity.role_everywhere is _ADMIN:
        return True
    ceiling = identity.ceiling
    if ceiling and (ceiling.namespace or TeamRole.MEMBER) < TeamRole.CREATOR:
        return False
    return namespace.owned or (namespace.team_role or 0) >= TeamRole.CREATOR


def _granted_role(
    namespace: NamespaceFacts, repository: RepositoryFacts
) -> Role | None:
    if namespace.owned or namespace.team_role == _TEAM_ADMIN:
        return _ADMIN
    direct, via_team = repository.direct_role, repository.via_team_role
    if direct is None or via_team is None:
        return direct or via_team
    return max(direct, via_team)


def _denial(
    identity: Identity,
    action: Action,
    role: Role | None,
    namespace: NamespaceFacts,
    repository: RepositoryFacts,
) -> Denial | None:
    if action is _PULL and repository.visibility == _PUBLIC:
        return None
    needed = NEEDED_ROLE[action]
    if role is None or role < needed:
        return _why_below(needed, identity, namespace, repository)
    return _state_denial(identity, action, repository)


def _state_denial(
    identity: Identity, action: Action, repository: RepositoryFacts
) -> Denial | None:
    if action is _PULL or repository.state == _NORMAL:
        return None
    if repository.state == _READ_ONLY:
        return Denial.READ_ONLY
    is_mirror_robot = (
        identity.kind is _ROBOT and identity.id == repository.mirror_robot_id
    )
    return None if action is _PUSH and is_mirror_robot else Denial.MIRROR


def _why_below(
    needed: Role,
    identity: Identity,
    namespace: NamespaceFacts,
    repository: RepositoryFacts,
) -> Denial:
    """Why the effective role falls short; the ceiling only where it alone does it."""
    if _is_foreign(identity, namespace):
        return Denial.FOREIGN_NAMESPACE
    granted = _granted_role(namespace, repository)
    if granted is None:
        return Denial.NO_GRANT
    return Denial.ROLE_TOO_LOW if granted < needed else Denial.SCOPE_CEILING


def _is_foreign(identity: Identity, namespace: NamespaceFacts) -> bool:
    return identity.kind is _ROBOT and identity.namespace_id != namespace.id


def _deny_all(
    request: AccessRequest, denial: Denial, *, namespace_disabled: bool = False
) -> Decision:
    return Decision(
        request,
        frozenset(),
        _all_denied(request.actions, denial),
        namespace_disabled=namespace_disabled,
    )


def _all_denied(actions: Iterable[Action], denial: Denial) -> dict[Action, Denial]:
    return dict.fromkeys(actions, denial)
