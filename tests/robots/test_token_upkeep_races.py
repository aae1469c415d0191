"""Upkeep beside other work on PostgreSQL: each waits or steps aside, none undoes it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from robots.credentials import NewTokens
from robots.lifecycle.ended import delete_permissions, ended_permissions
from robots.lifecycle.permissions import grant
from robots.lifecycle.robot_choice import RobotChoice
from robots.lifecycle.rotation import Rotation, rotate_tokens
from robots.models import PermissionChange, RepositoryPermission, Robot, RobotToken
from robots.roles import Role
from tests import factories
from tests.conftest import Cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer at a time"
    ),
]

PATIENCE = 10
"""Seconds after which a thread that waits for the other one gives up."""


def elsewhere(
    pool: ThreadPoolExecutor, deed: Callable[[], Rotation]
) -> Future[Rotation]:
    def done() -> Rotation:
        try:
            return deed()
        finally:
            connections.close_all()

    return pool.submit(done)


def test_two_rotations_at_once_make_one_of_them(cast: Cast) -> None:
    RobotToken.objects.update(created_at=timezone.now() - timedelta(days=100))
    started, go_on = Event(), Event()
    delivered: list[NewTokens] = []

    def slowly(tokens: NewTokens) -> None:
        delivered.append(tokens)
        started.set()
        assert go_on.wait(PATIENCE)

    def rotated() -> Rotation:
        return rotate_tokens(
            RobotChoice(cast.acme),
            factories.BY,
            slowly,
            grace=60,
            older_than=timedelta(days=90),
        )

    with ThreadPoolExecutor(2) as pool:
        first = elsewhere(pool, rotated)
        assert started.wait(PATIENCE)
        second = elsewhere(pool, rotated)
        go_on.set()
        assert len(first.result().tokens) == 2
        assert not second.result().tokens
    assert len(delivered) == 1
    assert RobotToken.objects.filter(expires_at__isnull=True).count() == 2


def test_a_robot_that_is_left_alone_waits_for_no_delivery(cast: Cast) -> None:
    """A federated login locks its robot in this way, as does the write of its use."""
    RobotToken.objects.filter(robot=cast.reader).delete()

    def locked(robot: Robot) -> bool:
        rows = Robot.objects.select_for_update(no_key=True, skip_locked=True)
        try:
            with transaction.atomic():
                return not rows.filter(pk=robot.pk).exists()
        finally:
            connections.close_all()

    found: dict[str, bool] = {}

    def deliver(tokens: NewTokens) -> None:
        with ThreadPoolExecutor(1) as pool:
            for robot in (cast.ci, cast.reader):
                found[robot.name] = pool.submit(locked, robot).result(PATIENCE)

    rotate_tokens(RobotChoice(), factories.BY, deliver, grace=60)
    assert found == {"ci": True, "reader": False}


def test_what_belongs_to_a_robot_can_be_stored_during_a_delivery(cast: Cast) -> None:
    def granted() -> None:
        try:
            grant(cast.api, cast.ci, Role.READ, factories.BY)
        finally:
            connections.close_all()

    def deliver(tokens: NewTokens) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(granted).result(PATIENCE)

    rotate_tokens(RobotChoice(), factories.BY, deliver, grace=60)
    assert RepositoryPermission.objects.filter(
        robot=cast.ci, repository=cast.api
    ).exists()


def test_a_permission_that_is_just_being_renewed_stays(cast: Cast) -> None:
    now = timezone.now()
    past, ahead = now - timedelta(days=1), now + timedelta(days=1)
    grant(cast.web, cast.charlie, Role.READ, factories.BY, past)
    grant(cast.api, cast.charlie, Role.READ, factories.BY, past)

    def purged() -> int:
        try:
            return delete_permissions(ended_permissions(now), factories.BY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        grant(cast.web, cast.charlie, Role.READ, factories.BY, ahead)
        assert pool.submit(purged).result(PATIENCE) == 1
    left = RepositoryPermission.objects.get(user=cast.charlie)
    assert (left.repository, left.expires_at) == (cast.web, ahead)
    assert PermissionChange.objects.get().repository_name == "api"
