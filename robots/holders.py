"""Who may do something to one repository, and where each one has it from.

The other way round than `robots.explain`: from the repository to everybody who has a
role on it. A property test holds it together with `robots.access`. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from robots import conf
from robots.explain import Source, SourceKind
from robots.grants import live_permissions, usable_namespaces
from robots.models import Namespace, Repository, TeamMember
from robots.roles import Role, TeamRole, Visibility


class HolderKind(StrEnum):
    """What has a role, in the order of lists."""

    EVERYBODY = "everybody"
    TEAM = "team"
    PERSON = "person"
    ROBOT = "robot"


_ORDER = list(HolderKind)


@dataclass(frozen=True, slots=True)
class Holder:
    """One of them; `id` is the key of the row, None for everybody.

    Whether a person or robot can log in at all is not looked at here.
    """

    kind: HolderKind
    id: int | None
    name: str
    sources: tuple[Source, ...]

    @property
    def role(self) -> Role:
        """The highest role of any source."""
        return max(source.role for source in self.sources)


_Found = tuple[HolderKind, int | None, str, Source]


def holders(repository: Repository, now: datetime) -> list[Holder]:
    """Everybody with a role on `repository`, by kind and name; nobody while its
    namespace is disabled. Five queries, however many there are.

    People are listed for what they are; OAuth tokens can only take from it.
    """
    usable = Namespace.objects.filter(usable_namespaces(), pk=repository.namespace_id)
    namespace = usable.select_related("owner").first()
    if namespace is None:
        return []
    sources: dict[tuple[HolderKind, int | None], list[Source]] = defaultdict(list)
    names: dict[tuple[HolderKind, int | None], str] = {}
    for kind, key, name, source in _found(repository, namespace, now):
        sources[kind, key].append(source)
        names[kind, key] = name
    found = [Holder(*who, names[who], tuple(has)) for who, has in sources.items()]
    return sorted(found, key=lambda holder: (_ORDER.index(holder.kind), holder.name))


def _found(
    repository: Repository, namespace: Namespace, now: datetime
) -> Iterator[_Found]:
    if repository.visibility == Visibility.PUBLIC:
        public = Source(SourceKind.PUBLIC, Role.READ)
        yield HolderKind.EVERYBODY, None, "Everybody", public
    if namespace.owner is not None:
        owner = Source(SourceKind.OWNER, Role.ADMIN)
        name = namespace.owner.get_username()
        yield HolderKind.PERSON, namespace.owner_id, name, owner
    given: dict[int, list[Source]] = defaultdict(list)
    for kind, pk, name, source in _permitted(repository, namespace, now):
        yield kind, pk, name, source
        if kind is HolderKind.TEAM and pk is not None:
            via = Source(SourceKind.TEAM, source.role, name, source.until)
            given[pk].append(via)
    for team in namespace.teams.filter(role=TeamRole.ADMIN).order_by("name"):
        own = Source(SourceKind.ADMIN_TEAM, Role.ADMIN, team.name)
        yield HolderKind.TEAM, team.pk, team.name, own
        given[team.pk].append(own)
    for team_id, kind, pk, name in _members(given, namespace):
        for source in given[team_id]:
            yield kind, pk, name, source
    yield from _site()


def _permitted(
    repository: Repository, namespace: Namespace, now: datetime
) -> Iterator[_Found]:
    """Whom unexpired permissions name; robots of other namespaces have no rights."""
    counting = live_permissions(now).filter(
        Q(robot__isnull=True) | Q(robot__namespace=namespace),
        repository=repository,
    )
    rows = counting.order_by("team__name", "id")
    for role, until, team_id, team, *account in rows.values_list(
        "role", "expires_at", "team_id", "team__name", *_account_columns()
    ):
        source = Source(SourceKind.DIRECT, Role(role), until=until)
        if team_id is not None:
            yield HolderKind.TEAM, team_id, team, source
        else:
            kind, pk, name = _account(namespace, account)
            yield kind, pk, name, source


def _members(
    teams: Collection[int], namespace: Namespace
) -> Iterator[tuple[int, HolderKind, int, str]]:
    """Who is in these teams, without robots of other namespaces."""
    rows = TeamMember.objects.filter(
        Q(robot__isnull=True) | Q(robot__namespace=namespace), team__in=list(teams)
    ).order_by("team__name", "id")
    for team_id, *account in rows.values_list("team_id", *_account_columns()):
        yield team_id, *_account(namespace, account)


def _account_columns() -> tuple[str, ...]:
    username = f"user__{get_user_model().USERNAME_FIELD}"
    return "user_id", username, "robot_id", "robot__name"


def _account(
    namespace: Namespace, columns: Sequence[Any]
) -> tuple[HolderKind, int, str]:
    user_id, username, robot_id, robot = columns
    if robot_id is not None:
        return HolderKind.ROBOT, robot_id, f"{namespace.name}+{robot}"
    return HolderKind.PERSON, user_id, username


def _site() -> Iterator[_Found]:
    """Site administrators with full access, and auditors."""
    if not (conf.gives_full_access() or conf.powerful_names()):
        return
    people = get_user_model()
    named = {f"{people.USERNAME_FIELD}__in": conf.powerful_names()}
    for person in people._default_manager.filter(Q(is_superuser=True) | Q(**named)):
        role = conf.site_role(person)
        if role is not None:
            source = Source(SourceKind.SITE, role)
            yield HolderKind.PERSON, person.pk, person.get_username(), source
