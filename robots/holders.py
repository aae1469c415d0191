"""Who may do something to one repository, and where each one has it from.

The other way round than `robots.explain`: from the repository to everybody who has a
role on it. A property test holds it together with `robots.access`. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from robots import conf
from robots.explain import Source, SourceKind
from robots.grants import usable_namespaces
from robots.models import Namespace, Repository, RepositoryPermission, TeamMember
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
    namespace is disabled. Seven queries, however many there are.

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
    counting = RepositoryPermission.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now), repository=repository
    )
    yield from _direct(counting, namespace)
    yield from _by_teams(counting, namespace)
    yield from _administrators(namespace)
    yield from _site()


def _direct(
    permissions: QuerySet[RepositoryPermission], namespace: Namespace
) -> Iterator[_Found]:
    to_people = permissions.filter(user__isnull=False).order_by("id")
    username = f"user__{get_user_model().USERNAME_FIELD}"
    for pk, name, role, until in to_people.values_list(
        "user_id", username, "role", "expires_at"
    ):
        source = Source(SourceKind.DIRECT, Role(role), until=until)
        yield HolderKind.PERSON, pk, name, source
    to_robots = permissions.filter(robot__namespace=namespace).order_by("id")
    for pk, name, role, until in to_robots.values_list(
        "robot_id", "robot__name", "role", "expires_at"
    ):
        source = Source(SourceKind.DIRECT, Role(role), until=until)
        yield HolderKind.ROBOT, pk, f"{namespace.name}+{name}", source


def _by_teams(
    permissions: QuerySet[RepositoryPermission], namespace: Namespace
) -> Iterator[_Found]:
    """Each team with a permission, and whoever is in it."""
    given: dict[int, Source] = {}
    to_teams = permissions.filter(team__isnull=False).order_by("team__name")
    for pk, name, role, until in to_teams.values_list(
        "team_id", "team__name", "role", "expires_at"
    ):
        given[pk] = Source(SourceKind.TEAM, Role(role), name, until)
        own = Source(SourceKind.DIRECT, Role(role), until=until)
        yield HolderKind.TEAM, pk, name, own
    members = TeamMember.objects.filter(team__in=given)
    for team_id, kind, key, name in _members(members, namespace):
        yield kind, key, name, given[team_id]


def _administrators(namespace: Namespace) -> Iterator[_Found]:
    """The teams that administer the organization, and whoever is in them."""
    teams = namespace.teams.filter(role=TeamRole.ADMIN).order_by("name")
    given = {
        team.pk: Source(SourceKind.ADMIN_TEAM, Role.ADMIN, team.name) for team in teams
    }
    for team_id, source in given.items():
        yield HolderKind.TEAM, team_id, source.team or "", source
    members = TeamMember.objects.filter(namespace=namespace, team__in=given)
    for team_id, kind, key, name in _members(members, namespace):
        yield kind, key, name, given[team_id]


def _members(
    members: QuerySet[TeamMember], namespace: Namespace
) -> Iterator[tuple[int, HolderKind, int, str]]:
    """Without robots of other namespaces, which have no rights here."""
    username = f"user__{get_user_model().USERNAME_FIELD}"
    people = members.filter(user__isnull=False).order_by("team__name", "id")
    for team_id, pk, name in people.values_list("team_id", "user_id", username):
        yield team_id, HolderKind.PERSON, pk, name
    robots = members.filter(robot__namespace=namespace).order_by("team__name", "id")
    for team_id, pk, name in robots.values_list("team_id", "robot_id", "robot__name"):
        yield team_id, HolderKind.ROBOT, pk, f"{namespace.name}+{name}"


def _site() -> Iterator[_Found]:
    """Site administrators with full access, and auditors."""
    people = get_user_model()
    named = {f"{people.USERNAME_FIELD}__in": conf.powerful_names()}
    for person in people._default_manager.filter(Q(is_superuser=True) | Q(**named)):
        role = conf.site_role(person)
        if role is not None:
            source = Source(SourceKind.SITE, role)
            yield HolderKind.PERSON, person.pk, person.get_username(), source
