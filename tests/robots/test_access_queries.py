"""Many repositories in one question: their order, their names, and one query."""

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from robots.access import authorize
from robots.decision import AccessRequest, Denial
from robots.grants import MAX_REPOSITORIES
from robots.identity import ANONYMOUS
from robots.lifecycle.permissions import grant
from robots.models import Repository, RepositoryPermission, Team, TeamMember
from robots.names import RepositoryName
from robots.roles import Action, Role, TeamRole
from tests import factories
from tests.conftest import Cast

PULL, PUSH = Action.PULL, Action.PUSH
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MANY = 1000


def pulls(*paths: str) -> list[AccessRequest]:
    return [
        AccessRequest(RepositoryName(*path.split("/", 1)), frozenset({PULL}))
        for path in paths
    ]


def test_answers_come_in_the_order_of_the_questions(cast: Cast) -> None:
    questions = [
        AccessRequest(RepositoryName("acme", "web"), frozenset({PULL, PUSH})),
        AccessRequest(RepositoryName("nowhere", "web"), frozenset({PULL})),
        AccessRequest(RepositoryName("acme", "api"), frozenset({PULL})),
        AccessRequest(RepositoryName("acme", "web"), frozenset({PULL})),
        AccessRequest(RepositoryName("acme", "missing"), frozenset({PULL})),
        AccessRequest(RepositoryName("acme", "public"), frozenset({PULL})),
        AccessRequest(RepositoryName("acme", "web"), frozenset({PULL, PUSH})),
    ]
    answers = authorize(factories.robot_identity(cast.ci), questions, NOW)
    assert [answer.request for answer in answers] == questions
    assert [answer.granted for answer in answers] == [
        {PULL, PUSH},
        set(),
        set(),
        {PULL},
        set(),
        {PULL},
        {PULL, PUSH},
    ]
    assert [set(answer.denied.values()) for answer in answers] == [
        set(),
        {Denial.NO_NAMESPACE},
        {Denial.NO_GRANT},
        set(),
        {Denial.NO_REPOSITORY},
        set(),
        set(),
    ]


def test_no_questions_cost_no_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert authorize(ANONYMOUS, [], NOW) == []


@pytest.mark.parametrize("count", [1, 10, MAX_REPOSITORIES])
@pytest.mark.parametrize("who", ["anonymous", "robot", "user"])
def test_any_number_of_questions_is_one_query(
    cast: Cast,
    django_assert_num_queries: DjangoAssertNumQueries,
    who: str,
    count: int,
) -> None:
    identity = {
        "anonymous": ANONYMOUS,
        "robot": factories.robot_identity(cast.ci),
        "user": factories.user_identity(cast.alice),
    }[who]
    questions = pulls("acme/web", *(f"acme/missing-{n}" for n in range(1, count)))
    with django_assert_num_queries(1):
        answers = authorize(identity, questions, NOW)
    assert [bool(answer.granted) for answer in answers] == [
        who != "anonymous",
        *[False] * (count - 1),
    ]


@pytest.mark.parametrize("count", [1, 10, MAX_REPOSITORIES])
def test_any_number_of_grants_is_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    give_many(cast)
    identity = factories.robot_identity(cast.ci)
    questions = pulls(*(f"acme/repo-{n}" for n in range(count)))
    with django_assert_num_queries(1):
        answers = authorize(identity, questions, NOW)
    assert all(answer.granted == {PULL} for answer in answers)
    # Every tenth has write through one of its teams, beside the direct read.
    assert [answer.role for answer in answers] == [
        Role.WRITE if n % 10 == 0 else Role.READ for n in range(count)
    ]


def give_many(cast: Cast) -> None:
    """1,000 repositories, each with a direct grant, and 1,000 teams with grants."""
    acme = cast.acme
    repositories = Repository.objects.bulk_create(
        Repository(namespace=acme, name=f"repo-{n}") for n in range(MANY)
    )
    teams = Team.objects.bulk_create(
        Team(namespace=acme, name=f"team-{n}", role=TeamRole.MEMBER)
        for n in range(MANY)
    )
    TeamMember.objects.bulk_create(
        TeamMember(namespace=acme, team=team, robot=cast.ci) for team in teams
    )
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace=acme, repository=row, robot=cast.ci, role=Role.READ
        )
        for row in repositories
    )
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace=acme,
            repository=row,
            team=team,
            role=Role.READ if n % 10 else Role.WRITE,
        )
        for n, (row, team) in enumerate(zip(repositories, teams, strict=True))
    )


def test_too_many_questions_are_refused_whole(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    questions = pulls(*["acme/public"] * (MAX_REPOSITORIES + 1))
    with django_assert_num_queries(0), pytest.raises(ValueError, match="more than 100"):
        authorize(ANONYMOUS, questions, NOW)


def test_nested_names_are_whole_names(cast: Cast) -> None:
    for name in ("a/b", "a/b/c", "a"):
        factories.repository(cast.acme, name)
    grant(Repository.objects.get(name="a/b"), cast.ci, Role.READ, factories.BY)
    answers = authorize(
        factories.robot_identity(cast.ci),
        pulls("acme/a", "acme/a/b", "acme/a/b/c", "acme/b"),
        NOW,
    )
    assert [answer.granted for answer in answers] == [set(), {PULL}, set(), set()]


def test_names_are_not_patterns(cast: Cast) -> None:
    """`_` and `.` are wildcards in LIKE and in regular expressions."""
    dash = factories.organization("a-b", owner=cast.bob)
    underscore = factories.organization("a_b", owner=cast.charlie)
    dot = factories.organization("a.b")
    for namespace in (dash, underscore, dot):
        factories.repository(namespace, "x_y")
        factories.repository(namespace, "x-y")
    paths = [f"{ns}/{name}" for ns in ("a-b", "a_b", "a.b") for name in ("x_y", "x-y")]

    bob = authorize(factories.user_identity(cast.bob), pulls(*paths), NOW)
    charlie = authorize(factories.user_identity(cast.charlie), pulls(*paths), NOW)
    assert [bool(answer.granted) for answer in bob] == [True] * 2 + [False] * 4
    assert [bool(answer.granted) for answer in charlie] == (
        [False] * 2 + [True] * 2 + [False] * 2
    )

    robot, _ = factories.robot(underscore, "ci")
    grant(
        Repository.objects.get(namespace=underscore, name="x_y"),
        robot,
        Role.READ,
        factories.BY,
    )
    answers = authorize(factories.robot_identity(robot), pulls(*paths), NOW)
    assert [str(answer.request.repository) for answer in answers if answer.granted] == [
        "a_b/x_y"
    ]


def test_names_keep_their_case(cast: Cast) -> None:
    (answer,) = authorize(factories.user_identity(cast.alice), pulls("ACME/web"), NOW)
    assert answer.denied == {PULL: Denial.NO_NAMESPACE}


def test_pairs_are_not_mixed(cast: Cast) -> None:
    """Asking for (acme, web) and (other, api) says nothing of (other, web)."""
    other = factories.organization("other")
    factories.repository(other, "api")
    hidden = factories.repository(other, "web")
    grant(hidden, cast.charlie, Role.ADMIN, factories.BY)
    answers = authorize(
        factories.user_identity(cast.charlie), pulls("acme/web", "other/api"), NOW
    )
    assert [answer.granted for answer in answers] == [set(), set()]


def test_a_question_sees_what_changed_since_the_last_one(cast: Cast) -> None:
    """The compiled query is kept, its answers are not."""
    identity = factories.robot_identity(cast.reader)
    question = pulls("acme/api")
    assert authorize(identity, question, NOW)[0].granted == set()
    grant(cast.api, cast.reader, Role.READ, factories.BY)
    assert authorize(identity, question, NOW)[0].granted == {PULL}
    cast.reader.repository_permissions.all().delete()
    assert authorize(identity, question, NOW)[0].granted == set()
