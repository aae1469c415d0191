"""Why `robots.access` decides as it does: every source of a grant, and every cut.

For people who ask; nothing is written, and nothing is decided here. The sources
are the rows of `robots.grants`, which the decision is made from too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth import get_user_model

from robots import conf, switches
from robots.decision import Decision, Denial
from robots.grants import Grantee, direct_permissions, memberships, team_permissions
from robots.identity import Identity, Kind
from robots.lookup import namespace_named
from robots.models import Namespace, Repository, Robot
from robots.names import RepositoryName
from robots.roles import Action, Role, State, TeamRole, Visibility

_EVERYTHING = frozenset(Action)
_WRITING = _EVERYTHING - {Action.PULL}

_BEFORE_ANY_END = datetime(1970, 1, 1, tzinfo=UTC)
"""At this time no permission had ended: what finds those that have by now."""


class SourceKind(StrEnum):
    """Where a role can come from (R2), or the right to create a repository (R4)."""

    DIRECT = "direct permission"
    TEAM = "permission of team"
    OWNER = "namespace ownership"
    ADMIN_TEAM = "organization admin team"
    CREATOR_TEAM = "organization creator team"
    PUBLIC = "public visibility"
    SITE = "site administration"


@dataclass(frozen=True, slots=True)
class Source:
    """One source and the role it gives; for a missing repository, once created."""

    kind: SourceKind
    role: Role
    team: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What takes actions away, whatever the sources give.

    Nothing is in `stops` where it depends on how the identity logs in.
    """

    reason: str
    stops: frozenset[Action]
    at_login: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that bears on one identity and one repository.

    `visibility` and `state` are None if the repository does not exist. `ended`
    are permissions that count for nothing any more.
    """

    identity: Identity
    repository: RepositoryName
    visibility: Visibility | None
    state: State | None
    sources: tuple[Source, ...]
    ended: tuple[Source, ...]
    cuts: tuple[Cut, ...]

    @property
    def login_cut(self) -> Cut | None:
        """The first reason why the identity cannot log in; None if it can."""
        return next((cut for cut in self.cuts if cut.at_login), None)


class Verdict(NamedTuple):
    """What becomes of one action, and why not."""

    action: Action
    granted: bool
    reason: str | None = None


def identity_of_robot(robot: Robot) -> Identity:
    """The robot as it would be after a login, however it may log in."""
    return Identity(Kind.ROBOT, robot.full_name, robot.pk, robot.namespace_id)


def login_issues(identity: Identity, now: datetime) -> list[str]:
    """Why the identity could not log in, whatever it shows; nothing if it could."""
    return [cut.reason for cut in _login_cuts(identity, now)]


def explain(
    identity: Identity, repository_name: RepositoryName, now: datetime
) -> Explanation:
    """Collect the sources and the cuts; NotFound if there is no such namespace."""
    namespace = namespace_named(repository_name.namespace)
    repository = Repository.objects.filter(
        namespace=namespace, name=repository_name.name
    ).first()
    sources = tuple(_sources(identity, namespace, repository, now))
    ever = _sources(identity, namespace, repository, _BEFORE_ANY_END)
    return Explanation(
        identity,
        repository_name,
        Visibility(repository.visibility) if repository else None,
        State(repository.state) if repository else None,
        sources,
        ended=tuple(source for source in ever if source not in sources),
        cuts=(
            *_login_cuts(identity, now),
            *_issuer_cuts(identity, now),
            *_namespace_cuts(namespace),
            *_state_cuts(identity, repository),
        ),
    )


def verdicts(
    explanation: Explanation, decision: Decision, actions: Sequence[Action]
) -> list[Verdict]:
    """The decision on each action, which means nothing to one who cannot log in."""
    no_login = explanation.login_cut
    answers = []
    for action in actions:
        granted = action in decision.granted and no_login is None
        reason = decision.denied.get(action) or (no_login.reason if no_login else None)
        answers.append(Verdict(action, granted, reason))
    return answers


def _sources(
    identity: Identity,
    namespace: Namespace,
    repository: Repository | None,
    now: datetime,
) -> Iterator[Source]:
    if not identity.is_anonymous:
        grantee = Grantee(identity.kind.value, identity.id, now)
        if repository:
            yield from _permission_sources(grantee, repository)
        yield from _namespace_sources(identity, grantee, namespace, repository is None)
    if identity.role_everywhere is not None:
        yield Source(SourceKind.SITE, identity.role_everywhere)
    if repository and repository.visibility == Visibility.PUBLIC:
        yield Source(SourceKind.PUBLIC, Role.READ)


def _permission_sources(grantee: Grantee, repository: Repository) -> Iterator[Source]:
    for own in direct_permissions(grantee).filter(repository=repository):
        yield Source(SourceKind.DIRECT, Role(own.role), until=own.expires_at)
    via_teams = team_permissions(grantee).filter(repository=repository)
    for via in via_teams.select_related("team").order_by("team__name"):
        team = via.team.name if via.team else None
        yield Source(SourceKind.TEAM, Role(via.role), team, via.expires_at)


def _namespace_sources(
    identity: Identity, grantee: Grantee, namespace: Namespace, to_create: bool
) -> Iterator[Source]:
    if identity.kind is Kind.USER and namespace.owner_id == identity.id:
        yield Source(SourceKind.OWNER, Role.ADMIN)
    least = TeamRole.CREATOR if to_create else TeamRole.ADMIN
    here = memberships(grantee).filter(namespace=namespace, team__role__gte=least)
    for member in here.select_related("team").order_by("team__name"):
        is_admin = member.team.role == TeamRole.ADMIN
        kind = SourceKind.ADMIN_TEAM if is_admin else SourceKind.CREATOR_TEAM
        yield Source(kind, Role.ADMIN, member.team.name)


def _login_cuts(identity: Identity, now: datetime) -> Iterator[Cut]:
    reasons: Iterator[str] = iter(())
    if identity.kind is Kind.ROBOT:
        reasons = _robot_login(identity, now)
    elif identity.kind is Kind.USER:
        reasons = _user_login(identity)
    for reason in reasons:
        yield Cut(reason, _EVERYTHING, at_login=True)


def _robot_login(identity: Identity, now: datetime) -> Iterator[str]:
    if conf.robots_disallowed(identity.name):
        yield "ROBOTS_DISALLOW is on and ROBOTS_WHITELIST does not name the robot"
    for switch in switches.stopping(
        identity.name, identity.namespace_id, now, identity.id
    ):
        spares = "" if switch.robot else " and does not name the robot"
        yield f"the {switch} is on{spares}"
    robots = Robot.objects.select_related("namespace__owner")
    robot = robots.filter(pk=identity.id or 0).first()
    if robot is None:
        yield "the robot has been deleted"
        return
    if not robot.enabled:
        yield "the robot is disabled"
    if robot.expires_at and robot.expires_at <= now:
        yield f"the robot expired at {robot.expires_at.isoformat()}"
    if not robot.namespace.enabled:
        yield "the robot's namespace is disabled"
    if _has_inactive_owner(robot.namespace):
        yield "the owner of the robot's namespace is inactive"


def _issuer_cuts(identity: Identity, now: datetime) -> Iterator[Cut]:
    """One for each issuer that the robot trusts and whose tokens are stopped."""
    if identity.kind is not Kind.ROBOT:
        return
    for switch in switches.stopping_issuers(identity.name, identity.id or 0, now):
        yield Cut(
            f"the {switch} is on: no token of it, and none that one earned, lets the"
            " robot in",
            frozenset(),
        )


def _user_login(identity: Identity) -> Iterator[str]:
    user = get_user_model()._default_manager.filter(pk=identity.id or 0).first()
    if user is None:
        yield "the user has been deleted"
    elif not user.is_active:
        yield "the user is inactive"


def _namespace_cuts(namespace: Namespace) -> Iterator[Cut]:
    if not namespace.enabled:
        yield Cut(Denial.NAMESPACE_DISABLED, _EVERYTHING)
    if _has_inactive_owner(namespace):
        yield Cut("the owner of the namespace is inactive", _EVERYTHING)


def _state_cuts(identity: Identity, repository: Repository | None) -> Iterator[Cut]:
    if repository is None or repository.state == State.NORMAL:
        return
    if repository.state == State.READ_ONLY:
        yield Cut(Denial.READ_ONLY, _WRITING)
        return
    is_its_robot = (
        identity.kind is Kind.ROBOT and identity.id == repository.mirror_robot_id
    )
    stops = _WRITING - {Action.PUSH} if is_its_robot else _WRITING
    yield Cut("the repository is a mirror: only its robot pushes", stops)


def _has_inactive_owner(namespace: Namespace) -> bool:
    return namespace.owner is not None and not namespace.owner.is_active
