"""The explainer: its sources add up to the decision, its cuts tell what stops it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from robots.access import authorize
from robots.decision import AccessRequest, Decision, Denial
from robots.errors import NotFound
from robots.explain import (
    Explanation,
    Source,
    SourceKind,
    Verdict,
    explain,
    identity_of_robot,
    verdicts,
)
from robots.identity import ANONYMOUS, Identity, Kind, Method
from robots.lifecycle.permissions import grant
from robots.models import Robot
from robots.names import RepositoryName
from robots.people import identity_of_person
from robots.roles import Action, Role, State, TeamRole, Visibility
from tests import factories
from tests.conftest import Cast

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EVERYTHING = frozenset(Action)
WEB = RepositoryName("acme", "web")
NEW = RepositoryName("acme", "new")


def decide(identity: Identity, name: RepositoryName) -> Decision:
    [decision] = authorize(identity, [AccessRequest(name, EVERYTHING)], NOW)
    return decision


def judge(identity: Identity, name: RepositoryName) -> dict[Action, Verdict]:
    answers = verdicts(
        explain(identity, name, NOW), decide(identity, name), list(Action)
    )
    return {answer.action: answer for answer in answers}


def role_of(explanation: Explanation) -> Role | None:
    """What the sources add up to; public visibility is no role (R2)."""
    return max(
        (s.role for s in explanation.sources if s.kind is not SourceKind.PUBLIC),
        default=None,
    )


def everybody(cast: Cast) -> list[Identity]:
    other = factories.organization("other", owner=cast.bob)
    foreign, _ = factories.robot(other, "ci")
    maker, _ = factories.robot(cast.acme, "maker")
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.charlie, maker))
    people = [identity_of_person(who) for who in (cast.alice, cast.bob, cast.charlie)]
    robots = [identity_of_robot(r) for r in (cast.ci, cast.reader, foreign, maker)]
    return [ANONYMOUS, *people, *robots]


def every_name(cast: Cast) -> list[RepositoryName]:
    factories.repository(cast.bob.personal_namespace, "own")
    existing = [("acme", name) for name in ("web", "api", "public")]
    return [
        RepositoryName(*pair)
        for pair in (*existing, ("bob", "own"), ("acme", "new"), ("bob", "new"))
    ]


def test_the_sources_add_up_to_the_role_that_access_finds(cast: Cast) -> None:
    ends = NOW + timedelta(days=1)
    grant(cast.api, cast.charlie, Role.READ, factories.BY, ends)
    grant(cast.web, cast.charlie, Role.ADMIN, factories.BY, NOW)
    grant(cast.web, cast.team, Role.ADMIN, factories.BY, NOW - timedelta(days=1))
    identities, names = everybody(cast), every_name(cast)
    found = {
        (str(identity), str(name)): role_of(explain(identity, name, NOW))
        for identity in identities
        for name in names
    }
    decided = {
        (str(identity), str(name)): decide(identity, name).role
        for identity in identities
        for name in names
    }
    assert found == decided
    assert set(found.values()) == {None, *Role}


def test_a_direct_permission_is_told_with_its_role_and_end(cast: Cast) -> None:
    ends = NOW + timedelta(days=1)
    grant(cast.web, cast.ci, Role.WRITE, factories.BY, ends)
    explanation = explain(identity_of_robot(cast.ci), WEB, NOW)
    assert explanation.sources == (Source(SourceKind.DIRECT, Role.WRITE, until=ends),)
    assert explanation.ended == ()


def test_every_team_with_a_permission_is_told_by_name(cast: Cast) -> None:
    more = factories.team(cast.acme, "auditors", members=(cast.bob,))
    grant(cast.api, more, Role.READ, factories.BY, NOW + timedelta(days=1))
    explanation = explain(
        identity_of_person(cast.bob), RepositoryName("acme", "api"), NOW
    )
    assert explanation.sources == (
        Source(SourceKind.TEAM, Role.READ, "auditors", NOW + timedelta(days=1)),
        Source(SourceKind.TEAM, Role.WRITE, "developers"),
    )


def test_an_ended_permission_is_told_apart_and_gives_nothing(cast: Cast) -> None:
    grant(cast.web, cast.ci, Role.WRITE, factories.BY, NOW)
    explanation = explain(identity_of_robot(cast.ci), WEB, NOW)
    assert explanation.sources == ()
    assert explanation.ended == (Source(SourceKind.DIRECT, Role.WRITE, until=NOW),)


def test_owners_admin_teams_and_visibility_are_sources(cast: Cast) -> None:
    alice = identity_of_person(cast.alice)
    factories.repository(cast.alice.personal_namespace, "own")
    own = explain(alice, RepositoryName("alice", "own"), NOW)
    assert own.sources == (Source(SourceKind.OWNER, Role.ADMIN),)
    public = explain(alice, RepositoryName("acme", "public"), NOW)
    assert public.sources == (
        Source(SourceKind.ADMIN_TEAM, Role.ADMIN, "owners"),
        Source(SourceKind.PUBLIC, Role.READ),
    )


def test_a_creator_team_counts_only_for_what_does_not_exist_yet(cast: Cast) -> None:
    factories.team(cast.acme, "makers", TeamRole.CREATOR, (cast.reader,))
    reader = identity_of_robot(cast.reader)
    assert explain(reader, NEW, NOW).sources == (
        Source(SourceKind.CREATOR_TEAM, Role.ADMIN, "makers"),
    )
    assert explain(reader, WEB, NOW).sources == (Source(SourceKind.DIRECT, Role.READ),)


def test_a_missing_repository_has_no_state_and_no_visibility(cast: Cast) -> None:
    explanation = explain(ANONYMOUS, NEW, NOW)
    assert (explanation.state, explanation.visibility) == (None, None)
    assert explanation.sources == ()


def test_an_unknown_namespace_is_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound, match="There is no namespace nowhere"):
        explain(ANONYMOUS, RepositoryName("nowhere", "web"), NOW)


def disable(robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(enabled=False)


def expire(robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(expires_at=NOW)


def delete(robot: Robot) -> None:
    Robot.objects.get(pk=robot.pk).delete()


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        pytest.param(disable, "the robot is disabled", id="disabled"),
        pytest.param(
            expire, "the robot expired at 2030-01-01T00:00:00+00:00", id="expired"
        ),
        pytest.param(delete, "the robot has been deleted", id="deleted"),
    ],
)
def test_a_robot_that_cannot_log_in_may_do_nothing(
    cast: Cast, break_it: Callable[[Robot], None], reason: str
) -> None:
    factories.team(cast.acme, "bots", TeamRole.ADMIN, (cast.ci,))
    identity = identity_of_robot(cast.ci)
    assert all(answer.granted for answer in judge(identity, WEB).values())
    break_it(cast.ci)
    answers = judge(identity, WEB)
    assert not any(answer.granted for answer in answers.values())
    cut = explain(identity, WEB, NOW).login_cut
    assert cut is not None
    assert cut.reason == reason
    assert cut.stops == EVERYTHING


def test_robots_disallow_stops_all_robots_but_those_on_the_whitelist(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+reader"]
    stopped = judge(identity_of_robot(cast.ci), WEB)[Action.PULL]
    assert (stopped.granted, stopped.reason) == (
        False,
        "ROBOTS_DISALLOW is on and ROBOTS_WHITELIST does not name the robot",
    )
    assert judge(identity_of_robot(cast.reader), WEB)[Action.PULL].granted


def test_an_inactive_user_may_not_even_pull_what_is_public(cast: Cast) -> None:
    public = RepositoryName("acme", "public")
    identity = identity_of_person(cast.charlie)
    assert judge(identity, public)[Action.PULL].granted
    cast.charlie.is_active = False
    cast.charlie.save()
    answer = judge(identity, public)[Action.PULL]
    assert (answer.granted, answer.reason) == (False, "the user is inactive")
    cast.charlie.delete()
    assert judge(identity, public)[Action.PULL].reason == "the user has been deleted"


def test_a_denial_by_access_is_told_before_a_login_that_fails(cast: Cast) -> None:
    disable(cast.reader)
    answers = judge(identity_of_robot(cast.reader), WEB)
    assert answers[Action.PULL].reason == "the robot is disabled"
    assert answers[Action.PUSH].reason is Denial.ROLE_TOO_LOW


def test_a_disabled_namespace_cuts_everything(cast: Cast) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    explanation = explain(identity_of_person(cast.alice), WEB, NOW)
    assert [(cut.reason, cut.stops, cut.at_login) for cut in explanation.cuts] == [
        ("the namespace is disabled", EVERYTHING, False)
    ]
    robot = explain(identity_of_robot(cast.ci), WEB, NOW)
    assert [cut.reason for cut in robot.cuts] == [
        "the robot's namespace is disabled",
        "the namespace is disabled",
    ]


def test_an_inactive_owner_cuts_what_is_in_the_namespace(cast: Cast) -> None:
    own = factories.repository(cast.bob.personal_namespace, "own", Visibility.PUBLIC)
    robot, _ = factories.robot(own.namespace, "ci")
    cast.bob.is_active = False
    cast.bob.save()
    name = RepositoryName("bob", "own")
    assert [cut.reason for cut in explain(ANONYMOUS, name, NOW).cuts] == [
        "the owner of the namespace is inactive"
    ]
    cut = explain(identity_of_robot(robot), name, NOW).login_cut
    assert cut is not None
    assert cut.reason == "the owner of the robot's namespace is inactive"
    assert not judge(ANONYMOUS, name)[Action.PULL].granted


@pytest.mark.parametrize("state", [State.READ_ONLY, State.MIRROR], ids=str)
@pytest.mark.parametrize("is_mirror_robot", [True, False], ids=["its", "another"])
def test_a_state_cuts_just_what_access_denies_to_an_admin(
    cast: Cast, state: State, is_mirror_robot: bool
) -> None:
    factories.team(cast.acme, "bots", TeamRole.ADMIN, (cast.ci,))
    cast.web.state = state
    cast.web.mirror_robot = cast.ci if is_mirror_robot else cast.reader
    cast.web.save()
    identity = identity_of_robot(cast.ci)
    [cut] = explain(identity, WEB, NOW).cuts
    assert cut.stops == decide(identity, WEB).denied.keys()


def test_identities_carry_what_access_needs_and_no_ceiling(
    cast: Cast, settings: Settings
) -> None:
    settings.SUPER_USERS = ["bob"]
    assert identity_of_robot(cast.ci) == Identity(
        Kind.ROBOT, "acme+ci", cast.ci.pk, cast.acme.pk
    )
    alice = Identity(Kind.USER, "alice", cast.alice.pk, method=Method.PASSWORD)
    assert identity_of_person(cast.alice) == alice
    cast.alice.is_superuser = True
    assert identity_of_person(cast.alice) == alice._replace(is_site_admin=True)
    assert identity_of_person(cast.bob).is_site_admin


def test_the_number_of_queries_does_not_grow_with_the_teams(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bob = identity_of_person(cast.bob)
    for number in range(5):
        team = factories.team(cast.acme, f"team{number}", TeamRole.ADMIN, (cast.bob,))
        grant(cast.api, team, Role.READ, factories.BY)
    # Namespace, repository, the user; direct, team and admin team, now and ever.
    with django_assert_num_queries(3 + 2 * 3):
        explanation = explain(bob, RepositoryName("acme", "api"), NOW)
    assert len(explanation.sources) == 5 + 1 + 5
