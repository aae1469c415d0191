"""Robots logging in: which token counts, and the text of every refusal."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from federation.models import FederatedToken, Trust
from quaysite.models import User
from robots import credentials
from robots.credentials import Secret
from robots.lifecycle.robots import set_enabled
from robots.models import Robot, RobotToken, TokenOrigin
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, login_of, refusal
from tests.registryauth.refusals import DISALLOWED, not_found, unauthorized

WEB = "repository:acme/web:pull"


def federated_token(robot: Robot, lifetime: timedelta) -> Secret:
    secret = credentials.generate_token()
    token = RobotToken.objects.create(
        robot=robot,
        origin=TokenOrigin.FEDERATED,
        digest=credentials.digest(secret),
        expires_at=timezone.now() + lifetime,
    )
    trust, _ = Trust.objects.get_or_create(
        robot=robot, issuer="https://issuer.example", subject="job"
    )
    FederatedToken.objects.create(token=token, trust=trust)
    return secret


def test_each_live_token_of_a_robot_logs_it_in(cast: Cast, endpoint: Endpoint) -> None:
    federated = federated_token(cast.ci, timedelta(minutes=5))
    for secret in (cast.ci_secret, federated):
        claims = endpoint.claims(endpoint.get(login=basic("acme+ci", secret)))
        assert claims["sub"] == "acme+ci"


def test_a_federated_token_that_nothing_earned_logs_nobody_in(
    cast: Cast, endpoint: Endpoint
) -> None:
    federated = federated_token(cast.ci, timedelta(minutes=5))
    FederatedToken.objects.all().delete()
    response = endpoint.get(login=basic("acme+ci", federated))
    gone = "The trust of a token of robot acme+ci is gone"
    assert refusal(response) == unauthorized(gone)


def test_a_wrong_token_and_an_unknown_robot_get_one_text(
    cast: Cast, endpoint: Endpoint
) -> None:
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    unknown = endpoint.get(WEB, login=basic("acme+no", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")
    assert unknown.content == wrong.content.replace(b"acme+ci", b"acme+no")
    assert {**unknown.headers, "X-Request-ID": ""} == {
        **wrong.headers,
        "X-Request-ID": "",
    }


@pytest.mark.parametrize("name", ["acme+ci", "acme+no", "none+ci", "+", "a+b+c"])
def test_every_failed_login_costs_two_queries(
    name: str,
    cast: Cast,
    endpoint: Endpoint,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        assert endpoint.get(WEB, login=basic(name, "WRONG")).status_code == 401


def test_the_token_of_another_robot_is_a_wrong_one(
    cast: Cast, endpoint: Endpoint
) -> None:
    others = factories.organization("other")
    namesake, secret = factories.robot(others, "ci")
    for wrong in (cast.reader_secret, secret):
        response = endpoint.get(WEB, login=basic("acme+ci", wrong))
        assert refusal(response) == not_found("acme+ci")
    assert endpoint.get(login=basic("other+ci", secret)).status_code == 200


@pytest.mark.parametrize("name", ["ACME+ci", "acme+CI", " acme+ci", "acme+ci "])
def test_names_are_compared_exactly(name: str, cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.get(WEB, login=basic(name, cast.ci_secret))
    assert refusal(response) == not_found(name)


@pytest.mark.parametrize("change", ["lower", "longer", "shorter", "tail", "space"])
def test_a_token_that_differs_at_all_is_wrong(
    change: str, cast: Cast, endpoint: Endpoint
) -> None:
    good = cast.ci_secret.reveal()
    wrong = {
        "lower": good.lower(),
        "longer": f"{good}A",
        "shorter": good[:-1],
        "tail": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "space": f"{good} ",
    }[change]
    response = endpoint.get(WEB, login=basic("acme+ci", wrong))
    assert refusal(response) == not_found("acme+ci")


def test_the_stored_digest_is_not_the_token(cast: Cast, endpoint: Endpoint) -> None:
    digest = cast.ci.tokens.get().digest
    response = endpoint.get(WEB, login=basic("acme+ci", digest))
    assert refusal(response) == not_found("acme+ci")


def test_a_disabled_robot_is_refused_until_it_is_enabled(
    cast: Cast, endpoint: Endpoint
) -> None:
    login = basic("acme+ci", cast.ci_secret)
    set_enabled(cast.ci, False, factories.BY)
    expected = unauthorized("Robot acme+ci is disabled")
    assert refusal(endpoint.get(WEB, login=login)) == expected
    assert endpoint.get(login=basic("acme+ci", "WRONG")).status_code == 401
    set_enabled(cast.ci, True, factories.BY)
    assert endpoint.get(WEB, login=login).status_code == 200


def test_that_a_robot_is_disabled_is_told_to_its_own_token_only(
    cast: Cast, endpoint: Endpoint
) -> None:
    set_enabled(cast.ci, False, factories.BY)
    response = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(response) == not_found("acme+ci")


def test_an_expired_robot_is_refused_with_every_token(
    cast: Cast, endpoint: Endpoint
) -> None:
    federated = federated_token(cast.ci, timedelta(minutes=5))
    cast.ci.expires_at = timezone.now()
    cast.ci.save()
    for secret in (cast.ci_secret, federated):
        response = endpoint.get(WEB, login=basic("acme+ci", secret))
        assert refusal(response) == unauthorized("Robot acme+ci has expired")


def test_an_expired_token_is_refused_and_the_others_are_not(
    cast: Cast, endpoint: Endpoint
) -> None:
    federated = federated_token(cast.ci, timedelta(0))
    response = endpoint.get(WEB, login=basic("acme+ci", federated))
    assert refusal(response) == unauthorized("The token of robot acme+ci has expired")
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.get(WEB, login=login).status_code == 200


def test_a_disabled_namespace_refuses_its_robots(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    response = endpoint.get(login=basic("acme+ci", cast.ci_secret))
    expected = unauthorized("Robot acme+ci owner acme is disabled")
    assert refusal(response) == expected


def test_a_deactivated_owner_refuses_their_robots(
    cast: Cast, endpoint: Endpoint
) -> None:
    robot, secret = factories.robot(cast.bob.personal_namespace, "ci")
    assert endpoint.get(login=basic("bob+ci", secret)).status_code == 200
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    response = endpoint.get(login=basic("bob+ci", secret))
    assert refusal(response) == unauthorized("Robot bob+ci owner bob is disabled")


def test_robots_disallow_stops_every_robot_before_it_is_looked_for(
    cast: Cast,
    endpoint: Endpoint,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.ROBOTS_DISALLOW = True
    set_enabled(cast.reader, False, factories.BY)
    logins = [
        basic("acme+ci", cast.ci_secret),
        basic("acme+ci", "WRONG"),
        basic("acme+reader", cast.reader_secret),
        basic("none+none", "WRONG"),
    ]
    with django_assert_num_queries(0):
        refusals = {refusal(endpoint.get(WEB, login=login)) for login in logins}
    assert refusals == {unauthorized(DISALLOWED)}


def test_the_whitelist_lets_exactly_the_named_robots_through(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    login = basic("acme+ci", cast.ci_secret)
    assert endpoint.access(WEB, login=login) == [("acme/web", ["pull"])]
    wrong = endpoint.get(WEB, login=basic("acme+ci", "WRONG"))
    assert refusal(wrong) == not_found("acme+ci")
    for name in ("acme+reader", "acme+CI", "acme+ci2", "acme+c"):
        response = endpoint.get(WEB, login=basic(name, cast.reader_secret))
        assert refusal(response) == unauthorized(DISALLOWED)


def test_a_whitelist_alone_stops_nobody(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_WHITELIST = ["acme+ci"]
    login = basic("acme+reader", cast.reader_secret)
    assert endpoint.get(WEB, login=login).status_code == 200


def test_robots_disallow_leaves_people_and_anybody_alone(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    assert endpoint.access(WEB, login=basic("alice")) == [("acme/web", ["pull"])]
    assert endpoint.access("repository:acme/public:pull") == [("acme/public", ["pull"])]


def test_tokens_of_an_older_key_work_until_that_key_is_dropped(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    old, new = settings.ROBOTS_SECRET_KEYS, "n" * 48
    login = basic("acme+ci", cast.ci_secret)
    settings.ROBOTS_SECRET_KEYS = f"{new},{old}"
    newer = login_of(factories.robot(cast.acme, "newer")[0])
    assert endpoint.get(login=login).status_code == 200
    assert endpoint.get(login=newer).status_code == 200
    settings.ROBOTS_SECRET_KEYS = new
    assert refusal(endpoint.get(login=login)) == not_found("acme+ci")
    assert endpoint.get(login=newer).status_code == 200


def test_a_renamed_robot_has_its_new_name_only(cast: Cast, endpoint: Endpoint) -> None:
    Robot.objects.filter(pk=cast.ci.pk).update(name="build")
    old = endpoint.get(login=basic("acme+ci", cast.ci_secret))
    assert refusal(old) == not_found("acme+ci")
    new = endpoint.get(login=basic("acme+build", cast.ci_secret))
    assert endpoint.claims(new)["sub"] == "acme+build"
