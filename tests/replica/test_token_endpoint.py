"""The token endpoint with a real standby: it says yes, and never for too long."""

import time
from collections.abc import Callable

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from robots.lifecycle.permissions import grant, revoke
from robots.lifecycle.renames import rename_organization
from robots.lifecycle.robots import create_robot, delete_robot, set_enabled
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.lifecycle.teams import add_member, set_team
from robots.lifecycle.tokens import add_static_token
from robots.models import (
    Namespace,
    Repository,
    RepositoryPermission,
    RobotToken,
)
from robots.replica_watch import ReplicaWatch
from robots.roles import Role, TeamRole
from tests import factories
from tests.clusters import Pair
from tests.factories import BY
from tests.registryauth.endpoint import SERVICE, Endpoint, basic
from tests.replica.asking import BOUND, Asked, World, ask, beat


def test_a_yes_is_the_replicas_alone(endpoint: Endpoint, world: World) -> None:
    assert ask(endpoint, world.login, world.scope) == (200, {"pull"}, Asked(0, 2))
    # Without anybody who counts, it is run as it is in production.
    assert endpoint.get(world.scope, login=world.login).status_code == 200


def test_a_login_without_a_scope_is_the_replicas_too(
    endpoint: Endpoint, world: World
) -> None:
    with (
        CaptureQueriesContext(connections["default"]) as primary,
        CaptureQueriesContext(connections["replica"]) as replica,
    ):
        assert endpoint.get(login=world.login).status_code == 200
    assert (len(primary), len(replica)) == (0, 1)


Deed = Callable[[World], object]

DEEDS: dict[str, tuple[Deed, int]] = {
    "permission revoked": (lambda w: revoke(w.web, w.robot, BY), 200),
    "robot disabled": (lambda w: set_enabled(w.robot, False, BY), 401),
    "robot deleted": (lambda w: delete_robot(w.robot, BY), 401),
    "token deleted": (lambda w: RobotToken.objects.filter(robot=w.robot).delete(), 401),
    "namespace disabled": (
        lambda w: Namespace.objects.filter(pk=w.home.pk).update(enabled=False),
        401,
    ),
    "switch turned on": (lambda w: turn_on(w.home, Terms("leak"), BY), 401),
}


@pytest.mark.parametrize("what", DEEDS)
def test_what_the_primary_took_away_is_granted_no_longer_than_the_bound(
    pair: Pair, endpoint: Endpoint, world: World, what: str
) -> None:
    deed, status = DEEDS[what]
    with pair.held():
        began = time.monotonic()
        deed(world)
        within = ask(endpoint, world.login, world.scope)
        if time.monotonic() - began < 1:  # On a machine that is not too busy.
            assert within == (200, {"pull"}, Asked(0, 2))
        time.sleep(max(0.0, BOUND - (time.monotonic() - began)))
        after = ask(endpoint, world.login, world.scope)
    assert after[:2] == (status, set())
    assert after[2].primary >= 1


def test_a_standby_that_follows_knows_it_at_once(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    revoke(world.web, world.robot, BY)
    pair.catch_up()
    assert ask(endpoint, world.login, world.scope) == (200, set(), Asked(2, 2))


def test_what_was_granted_a_moment_ago_works_though_the_standby_does_not_know(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    with pair.held():
        robot, secret = create_robot(world.home, "new", BY)
        grant(world.web, robot, Role.WRITE, BY)
        new = ask(endpoint, basic(robot.full_name, secret), world.scope)
        grant(world.web, world.robot, Role.ADMIN, BY)
        scope = f"repository:{world.home.name}/web:*"
        more = ask(endpoint, world.login, scope)
    assert new[:2] == (200, {"pull"})
    assert more == (200, {"*"}, Asked(2, 2))


def test_a_token_that_is_new_has_nothing_that_was_taken_away_before(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    """The standby knows the old permission, and not yet the token."""
    with pair.held():
        revoke(world.web, world.robot, BY)
        new = add_static_token(world.robot, readable=False).secret
        login = basic(world.robot.full_name, new)
        answer = ask(endpoint, login, world.scope)
    assert answer == (200, set(), Asked(1, 1))


def test_a_switch_that_was_turned_off_stops_nobody(
    pair: Pair, watch: ReplicaWatch, endpoint: Endpoint, world: World
) -> None:
    turn_on(world.home, Terms("leak"), BY)
    beat(pair, watch)
    assert ask(endpoint, world.login, world.scope)[:2] == (401, set())
    with pair.held():
        turn_off(world.home, BY)
        assert ask(endpoint, world.login, world.scope)[:2] == (200, {"pull"})


def test_a_wrong_secret_is_refused_by_the_primary(
    endpoint: Endpoint, world: World
) -> None:
    wrong = basic(world.robot.full_name, "WRONG")
    status, actions, asked = ask(endpoint, wrong, world.scope)
    assert (status, actions, asked.replica) == (401, set(), 1)
    assert asked.primary >= 1


def test_the_secret_of_another_robot_is_refused(
    endpoint: Endpoint, world: World
) -> None:
    other, _ = factories.robot(world.home, "other")
    assert ask(endpoint, basic(other.full_name, world.secret), world.scope)[0] == 401


def test_robots_disallow_holds_whatever_the_replica_says(
    endpoint: Endpoint, world: World, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert ask(endpoint, world.login, world.scope) == (401, set(), Asked(0, 0))


def test_people_log_in_at_the_primary_and_their_grants_are_the_replicas(
    endpoint: Endpoint, world: World
) -> None:
    login = basic(world.owner.username)
    status, actions, asked = ask(endpoint, login, world.scope)
    assert (status, actions, asked.replica) == (200, {"pull"}, 1)
    assert asked.primary >= 1


def test_a_refresh_token_of_a_robot_lives_and_dies_with_it(
    pair: Pair, endpoint: Endpoint, world: World, settings: Settings
) -> None:
    answer = endpoint.get(world.scope, login=world.login, offline_token="true")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": answer.json()["refresh_token"],
        "service": SERVICE,
        "scope": world.scope,
    }
    with CaptureQueriesContext(connections["default"]) as primary:
        assert endpoint.post(**form).status_code == 200
    assert len(primary) == 0
    settings.ROBOTS_DISALLOW = True
    assert endpoint.post(**form).status_code == 401
    settings.ROBOTS_DISALLOW = False
    set_enabled(world.robot, False, BY)
    pair.catch_up()
    assert endpoint.post(**form).status_code == 401


def test_a_token_that_was_deleted_has_no_grant_that_came_later(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    """The replica knows its token yet, and the primary the new grant: no yes."""
    scope = f"repository:{world.home.name}/web:pull,push"
    with pair.held():
        RobotToken.objects.filter(robot=world.robot).delete()
        grant(world.web, world.robot, Role.WRITE, BY)
        assert ask(endpoint, world.login, scope)[:2] == (401, set())


def test_nor_has_it_one_if_the_replica_fails_after_the_login(
    pair: Pair,
    watch: ReplicaWatch,
    endpoint: Endpoint,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usable = iter([True, True])
    monkeypatch.setattr(watch, "is_usable", lambda: next(usable, False))
    with pair.held():
        RobotToken.objects.filter(robot=world.robot).delete()
        assert ask(endpoint, world.login, world.scope)[:2] == (401, set())


def test_a_refresh_token_for_a_new_name_works_though_the_standby_knows_the_old_one(
    pair: Pair, endpoint: Endpoint, world: World
) -> None:
    with pair.held():
        renamed = rename_organization(world.home, f"{world.home.name}x", BY)
        answer = endpoint.get(
            f"repository:{renamed.name}/web:pull",
            login=basic(f"{renamed.name}+ci", world.secret),
            offline_token="true",
        )
        form = {
            "grant_type": "refresh_token",
            "refresh_token": answer.json()["refresh_token"],
            "service": SERVICE,
            "scope": f"repository:{renamed.name}/web:pull",
        }
        assert endpoint.post(**form).status_code == 200


@pytest.fixture
def creator(pair: Pair, watch: ReplicaWatch, world: World) -> World:
    creators, _ = set_team(world.home, "creators", TeamRole.CREATOR, BY)
    add_member(creators, world.robot, BY)
    beat(pair, watch)
    return world


def test_a_push_creates_on_the_primary(
    pair: Pair, endpoint: Endpoint, creator: World
) -> None:
    scope = f"repository:{creator.home.name}/new:pull,push"
    with pair.held():
        status, actions, _ = ask(endpoint, creator.login, scope)
    assert (status, actions) == (200, {"pull", "push"})
    made = RepositoryPermission.objects.get(repository__name="new", robot=creator.robot)
    assert made.role == Role.ADMIN


@pytest.mark.parametrize("what", ["robot disabled", "robot deleted", "token deleted"])
def test_nothing_is_created_for_a_robot_that_only_the_replica_knows(
    pair: Pair, endpoint: Endpoint, creator: World, what: str
) -> None:
    scope = f"repository:{creator.home.name}/new:pull,push"
    with pair.held():
        DEEDS[what][0](creator)
        status, actions, _ = ask(endpoint, creator.login, scope)
    assert (status, actions) in [(401, set()), (200, set())]
    assert not Repository.objects.filter(namespace=creator.home, name="new").exists()
