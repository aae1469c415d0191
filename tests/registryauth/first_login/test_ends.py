"""What stops a first login, and what ends an imported secret."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots.lifecycle.robots import delete_robot, regenerate_token, set_enabled
from robots.lifecycle.switches import Terms, turn_on
from robots.lifecycle.tokens import add_token
from robots.models import ImportedSecret, Robot
from tests import factories
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.first_login.imported import (
    SECRET,
    WEB,
    assert_nothing_came_of_it,
)
from tests.registryauth.queries import queries
from tests.registryauth.refusals import DISALLOWED, not_found, unauthorized


def disabled(robot: Robot) -> None:
    set_enabled(robot, False, factories.BY)


def expired(robot: Robot) -> None:
    Robot.objects.filter(pk=robot.pk).update(expires_at=timezone.now())


def disabled_namespace(robot: Robot) -> None:
    robot.namespace.enabled = False
    robot.namespace.save()


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (disabled, "Robot acme+ci is disabled"),
        (expired, "Robot acme+ci has expired"),
        (disabled_namespace, "Robot acme+ci owner acme is disabled"),
    ],
)
def test_what_stops_a_robot_stops_its_first_login(
    ends: Callable[[Robot], None], message: str, imported: Robot, endpoint: Endpoint
) -> None:
    ends(imported)
    right = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(right) == unauthorized(message)
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")


def test_robots_disallow_stops_it_before_it_is_looked_for(
    imported: Robot, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    with queries(0):
        response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == unauthorized(DISALLOWED)
    assert_nothing_came_of_it(imported)
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200


def test_the_sites_switch_stops_it_before_it_is_compared(
    imported: Robot, endpoint: Endpoint
) -> None:
    turn_on(None, Terms("leak"), factories.BY)
    for secret in (SECRET, "WRONG"):
        response = endpoint.get(WEB, login=basic("acme+ci", secret))
        assert refusal(response) == unauthorized(DISALLOWED)
    assert_nothing_came_of_it(imported)


def test_a_namespaces_switch_stops_a_first_login(
    imported: Robot, endpoint: Endpoint
) -> None:
    turn_on(imported.namespace, Terms("leak"), factories.BY)
    right = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(right) == unauthorized(DISALLOWED)
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")


def test_a_regenerated_robot_no_longer_has_it(
    imported: Robot, endpoint: Endpoint
) -> None:
    regenerate_token(imported, factories.BY)
    assert not ImportedSecret.objects.exists()
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
    assert imported.tokens.count() == 1


def test_a_regeneration_with_grace_leaves_it_for_that_long(
    imported: Robot, endpoint: Endpoint
) -> None:
    regenerate_token(imported, factories.BY, grace=60)
    until = ImportedSecret.objects.get().expires_at
    assert until is not None
    assert until <= timezone.now() + timedelta(seconds=60)
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200
    token = imported.tokens.order_by("id").last()
    assert token is not None
    assert (token.expires_at, token.sealed) == (until, None)


def test_a_second_regeneration_does_not_make_it_last_longer(imported: Robot) -> None:
    regenerate_token(imported, factories.BY, grace=60)
    until = ImportedSecret.objects.get().expires_at
    regenerate_token(imported, factories.BY, grace=600)
    assert ImportedSecret.objects.get().expires_at == until


def test_it_is_void_when_the_grace_is_over(imported: Robot, endpoint: Endpoint) -> None:
    ImportedSecret.objects.update(expires_at=timezone.now())
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")
    assert_nothing_came_of_it(imported)


def test_a_deleted_robot_takes_it_along(imported: Robot, endpoint: Endpoint) -> None:
    delete_robot(imported, factories.BY)
    assert not ImportedSecret.objects.exists()
    factories.robot(imported.namespace, "ci")
    response = endpoint.get(WEB, login=basic("acme+ci", SECRET))
    assert refusal(response) == not_found("acme+ci")


def test_one_more_token_leaves_it_alone(imported: Robot, endpoint: Endpoint) -> None:
    add_token(imported, factories.BY)
    assert endpoint.get(WEB, login=basic("acme+ci", SECRET)).status_code == 200
    assert imported.tokens.count() == 2
