"""Random small worlds of everything that an access file can say, stored as rows."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model
from hypothesis import strategies as st

from federation.entries import Entry, SubjectMatch
from federation.lifecycle import set_trusts
from quaysite.models import User
from robots.lifecycle.organizations import TAG_EXPIRATIONS
from robots.models import (
    DefaultPermission,
    Namespace,
    Repository,
    RepositoryPermission,
    Robot,
    Team,
    TeamMember,
)
from robots.roles import Role, State, TeamRole, Visibility
from tests import factories

_Item = TypeVar("_Item")

ORGANIZATIONS = ("acme", "no", "0x1f", "1e3")
PEOPLE = ("alice", "null", "12345")
NAMES = ("ci", "on", "true", "1234", "1.5", "a-b", "a_b", "yes")
REPOSITORIES = ("web", "web/deep", "n", "1", "0o17", "a.b/c-d", "null", "y")
"""Names that YAML would read as something else, and such as differ in little."""

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

_TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)
_LINES = st.lists(st.sampled_from(["", " ", "a: b", "# no", "- x", "\t", "é", "'\""]))
_DESCRIPTIONS = st.just("") | _TEXTS | _LINES.map("\n".join)
_ENDS = st.none() | st.integers(-(10**6), 10**9).map(
    lambda seconds: NOW + timedelta(seconds=seconds, microseconds=seconds % 7)
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner),
    max_leaves=6,
)
_ENTRIES = st.builds(
    Entry,
    issuer=st.sampled_from(["https://one.example.com", "https://two.example.com"]),
    subject=st.sampled_from(["build", "repo:acme/web:ref:refs/heads/main", "1e3"]),
    audiences=st.sampled_from([("https://quay.example.com",), ("a", "b")]),
    name=st.sampled_from(["", "CI"]),
    subject_match=st.just(SubjectMatch.EXACT),
    max_age=st.none() | st.just(600),
    single_use=st.booleans(),
    enabled=st.booleans(),
)


class World:
    """Draws and stores rows of every kind; `draw` is that of hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._people = [_person(name) for name in PEOPLE]
        for name in self._some(ORGANIZATIONS):
            self._organization(name)
        for person in self._some(self._people):
            home = person.personal_namespace
            home.enabled = self._draw(st.booleans())
            home.save()
            self._fill(home, self._robots(home), [])

    def _draw(self, strategy: st.SearchStrategy[_Item]) -> _Item:
        return self._data.draw(strategy)

    def _some(self, items: Any, most: int = 3) -> list[Any]:
        if not items:
            return []
        return self._draw(st.lists(st.sampled_from(items), unique=True, max_size=most))

    def _organization(self, name: str) -> None:
        namespace = Namespace.objects.create(
            name=name,
            enabled=self._draw(st.booleans()),
            email=self._draw(st.sampled_from(["", f"ops@{name}.example.com"])),
            invoice_email=self._draw(st.booleans()),
            invoice_email_address=self._draw(st.sampled_from(["", "b@example.com"])),
            tag_expiration_s=self._draw(st.sampled_from(TAG_EXPIRATIONS)),
        )
        robots = self._robots(namespace)
        teams = self._teams(namespace, [*robots, *self._people])
        self._fill(namespace, robots, teams)
        accounts = [*robots, *self._people]
        for grantee in self._some([*accounts, *teams], 4):
            creator = self._draw(st.none() | st.sampled_from(accounts))
            DefaultPermission.objects.create(
                namespace=namespace,
                role=self._draw(st.sampled_from(Role)),
                **{_column(grantee): grantee},
                **({f"creator_{_column(creator)}": creator} if creator else {}),
            )

    def _robots(self, namespace: Namespace) -> list[Robot]:
        made = []
        for name in self._some(NAMES):
            robot = Robot.objects.create(
                namespace=namespace,
                name=name,
                description=self._draw(_DESCRIPTIONS)[:255],
                metadata=self._draw(st.dictionaries(_TEXTS, _JSON, max_size=2)),
                enabled=self._draw(st.booleans()),
                expires_at=self._draw(_ENDS),
            )
            entries = self._draw(
                st.lists(_ENTRIES, max_size=2, unique_by=lambda e: e.pair)
            )
            if entries:
                set_trusts(robot, entries, factories.BY)
            made.append(robot)
        return made

    def _teams(self, namespace: Namespace, accounts: list[Any]) -> list[Team]:
        made = []
        for name in self._some(NAMES):
            team = Team.objects.create(
                namespace=namespace,
                name=name,
                role=self._draw(st.sampled_from(TeamRole)),
                description=self._draw(_DESCRIPTIONS),
            )
            for member in self._some(accounts):
                TeamMember.objects.create(
                    team=team, namespace=namespace, **{_column(member): member}
                )
            made.append(team)
        return made

    def _fill(
        self, namespace: Namespace, robots: list[Robot], teams: list[Team]
    ) -> None:
        """Repositories, and permissions for all but the namespace's owner."""
        people = [person for person in self._people if person != namespace.owner]
        for name in self._some(REPOSITORIES):
            repository = Repository.objects.create(
                namespace=namespace,
                name=name,
                visibility=self._draw(st.sampled_from(Visibility)),
                state=self._draw(st.sampled_from(State)),
                mirror_robot=self._draw(st.sampled_from([None, *robots])),
                description=self._draw(_DESCRIPTIONS),
            )
            for grantee in self._some([*robots, *teams, *people], 5):
                RepositoryPermission.objects.create(
                    namespace=namespace,
                    repository=repository,
                    role=self._draw(st.sampled_from(Role)),
                    expires_at=self._draw(_ENDS),
                    **{_column(grantee): grantee},
                )


def _person(name: str) -> User:
    """One who stays when a world is emptied."""
    return User.objects.filter(username=name).first() or factories.user(name)


def empty() -> None:
    """Delete all but the people and their own namespaces."""
    Repository.objects.all().delete()
    Robot.objects.all().delete()
    Namespace.objects.filter(owner__isnull=True).delete()
    Namespace.objects.update(enabled=True)


def _column(grantee: Model) -> str:
    return {Robot: "robot", Team: "team"}.get(type(grantee), "user")
