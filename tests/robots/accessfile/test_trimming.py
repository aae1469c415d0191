"""The plan that takes away what nobody used, and no more than that."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from quaysite.models import User
from robots.accessfile.documents import AccessFile, GrantDocument, RobotDocument
from robots.accessfile.reading import read_access_file
from robots.accessfile.reconcile import reconcile
from robots.accessfile.trimming import check_known, trimmed
from robots.accessfile.writing import yaml_of
from robots.errors import DomainError
from robots.lifecycle.permissions import grant
from robots.lifecycle.teams import add_member
from robots.models import Namespace, RepositoryPermission, Robot, Team
from robots.roles import Role
from robots.unused import Period
from robots.unused_rows import permission_rows, robot_rows
from tests import factories
from tests.conftest import Cast
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db

DAYS = 90
OLD = DAYS + 1
RECENT = DAYS - 1
NEEDED = {"pull": Role.READ, "push": Role.WRITE, "delete": Role.ADMIN}

in_random_worlds = settings(
    max_examples=40, derandomize=True, deadline=None, database=None
)


def plan() -> AccessFile:
    return plan_of(Namespace.objects.all())


def plan_of(namespaces: QuerySet[Namespace]) -> AccessFile:
    period = Period.of(DAYS)
    return trimmed(permission_rows(namespaces, period), robot_rows(namespaces, period))


def applied(file: AccessFile) -> None:
    """As `apply_access --prune` does it with the file that is written."""
    content = "".join(yaml_of(file)).encode()
    read = read_access_file("trim.yaml", content)
    assert read == file
    outcome = reconcile(read, factories.BY, prune=True)
    assert outcome.left == 0
    assert all(change.sign in "~-" for change in outcome.changes)


def held() -> dict[tuple[str, str], tuple[Role, datetime | None]]:
    rows = RepositoryPermission.objects.select_related("repository")
    return {
        (row.repository.name, str(row.grantee)): (Role(row.role), row.expires_at)
        for row in rows
    }


def test_a_plan_removes_lowers_and_disables(cast: Cast) -> None:
    factories.age_everything(OLD)
    factories.use(cast.web, cast.ci, "pull", RECENT)
    with unchanged():
        file = plan()
    (name, acme), *rest = file.namespaces.items()
    assert (name, rest) == ("acme", [])
    assert (acme.partial, acme.personal) == (True, False)
    assert (acme.teams, acme.default_permissions, acme.fields) == (None, None, {})
    assert acme.robots == {"reader": RobotDocument({"enabled": False})}
    assert acme.repositories is not None
    grants = {name: said.permissions for name, said in acme.repositories.items()}
    assert grants == {
        "api": {"team:developers": GrantDocument(None)},
        "web": {
            "acme+ci": GrantDocument(Role.READ),
            "acme+reader": GrantDocument(None),
        },
    }
    applied(file)
    assert held() == {("web", "acme+ci"): (Role.READ, None)}
    robots = dict(Robot.objects.values_list("name", "enabled"))
    assert robots == {"ci": True, "reader": False}
    assert plan() == AccessFile({})


def test_a_lowered_permission_keeps_its_end(cast: Cast) -> None:
    soon = timezone.now() + timedelta(days=7)
    grant(cast.web, cast.ci, Role.ADMIN, factories.BY, soon)
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    factories.use(cast.web, cast.ci, "push", RECENT)
    factories.use(cast.web, cast.alice, "delete", RECENT)
    applied(plan())
    assert held()["web", "acme+ci"] == (Role.WRITE, soon)
    assert held()["web", "alice"] == (Role.ADMIN, None)


def test_what_is_kept_is_not_in_the_plan(cast: Cast) -> None:
    cast.web.mirror_robot = cast.ci
    cast.web.save()
    grant(cast.web, cast.alice, Role.ADMIN, factories.BY)
    factories.age_everything(OLD)
    applied(plan())
    assert held().keys() == {("web", "acme+ci"), ("web", "alice")}
    assert Robot.objects.get(name="ci").enabled


def test_a_personal_namespace_is_trimmed_as_one(cast: Cast) -> None:
    own = Namespace.objects.get(owner=cast.alice)
    robot, _ = factories.robot(own, "bot")
    grant(factories.repository(own, "mine"), robot, Role.READ, factories.BY)
    factories.age_everything(OLD)
    file = plan()
    assert file.namespaces["alice"].personal
    applied(file)
    assert ("mine", "alice+bot") not in held()


def test_nothing_unused_is_an_empty_plan(cast: Cast) -> None:
    assert plan() == AccessFile({})
    applied(plan())


def test_only_the_namespaces_that_are_asked_about(cast: Cast) -> None:
    factories.age_everything(OLD)
    none = Namespace.objects.filter(name="charlie")
    assert plan_of(none) == AccessFile({})


def test_a_plan_needs_uses_that_are_known_for_the_whole_period() -> None:
    period = Period.of(DAYS)
    check_known(period, period.begin)
    with pytest.raises(DomainError, match="Uses are known of nothing yet, not for 90"):
        check_known(period, None)
    with pytest.raises(DomainError, match=r"known since 2126-11-24 12:00 UTC, not"):
        check_known(period, datetime(2126, 11, 24, 12, tzinfo=UTC))


class Grant(NamedTuple):
    """A permission of one of the world's grantees on one of its repositories."""

    repository: int
    grantee: int
    role: Role


class Used(NamedTuple):
    """A use by one of the world's two robots and two people."""

    repository: int
    caller: int
    action: str
    is_recent: bool


_REPOSITORIES = st.integers(0, 2)
_WORLDS = st.tuples(
    st.lists(
        st.builds(Grant, _REPOSITORIES, st.integers(0, 5), st.sampled_from(Role)),
        max_size=12,
    ),
    st.lists(
        st.builds(
            Used,
            _REPOSITORIES,
            st.integers(0, 3),
            st.sampled_from(sorted(NEEDED)),
            st.booleans(),
        ),
        max_size=12,
        unique_by=lambda used: (used.repository, used.caller, used.action),
    ),
    st.sets(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=6),
)
_World = tuple[list[Grant], list[Used], set[tuple[int, int]]]


@in_random_worlds
@given(world=_WORLDS)
def test_no_plan_takes_away_what_was_used(world: _World) -> None:
    """And a second look after it finds nothing but what it keeps on purpose."""
    with transaction.atomic():
        _check(*world)
        transaction.set_rollback(True)


def _check(
    grants: list[Grant], uses: list[Used], memberships: set[tuple[int, int]]
) -> None:
    people = [factories.user(name) for name in ("ann", "ben")]
    acme = factories.organization("acme", owner=factories.user("owner"))
    robots = [factories.robot(acme, name)[0] for name in ("one", "two")]
    callers: list[Robot | User] = [*robots, *people]
    teams = [factories.team(acme, name) for name in ("left", "right")]
    repositories = [factories.repository(acme, name) for name in ("r0", "r1", "r2")]
    grantees: list[Robot | User | Team] = [*callers, *teams]
    for team, caller in memberships:
        add_member(teams[team], callers[caller], factories.BY)
    for repository, grantee, role in grants:
        grant(repositories[repository], grantees[grantee], role, factories.BY)
    for use in uses:
        days = RECENT if use.is_recent else OLD
        factories.use(
            repositories[use.repository], callers[use.caller], use.action, days
        )
    factories.age_everything(OLD)
    needed: dict[tuple[str, str], Role] = {}
    for use in uses:
        if not use.is_recent:
            continue
        of_teams = [teams[team] for team, who in memberships if who == use.caller]
        for name in map(str, (callers[use.caller], *of_teams)):
            key = (repositories[use.repository].name, name)
            needed[key] = max(NEEDED[use.action], needed.get(key, Role.READ))
    before = held()
    applied(plan())
    after = held()
    assert after.keys() <= before.keys()
    for key, (role, _) in before.items():
        if key in needed:
            assert min(role, needed[key]) <= after[key][0] <= role
    everything, period = Namespace.objects.all(), Period.of(DAYS)
    assert all(row.why_kept for row in permission_rows(everything, period))
    assert not list(robot_rows(everything, period))
