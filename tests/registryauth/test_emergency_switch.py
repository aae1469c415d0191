"""An emergency switch at every door that a robot comes through (rule R5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.models import Trust
from registryauth import token_rows
from registryauth.token_rows import SwitchLists
from robots.credentials import Secret
from robots.lifecycle.robots import delete_robot, set_enabled
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.models import EmergencySwitch, Namespace, RobotToken
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import TrustBuilder, signer, trust, trusting
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, body, refusal
from tests.registryauth.queries import queries

__all__ = ["signer", "trust", "trusting"]

ROBOT = "acme+ci"
WEB = "repository:acme/web:pull"
DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."
UNAUTHORIZED = (401, "UNAUTHORIZED", DISALLOWED)
TARGETS = ["site", "namespace"]


@dataclass(frozen=True)
class Doors:
    """What acme+ci comes with, earned before any switch was turned."""

    endpoint: Endpoint
    exchange: Exchange
    secret: Secret
    refresh: str
    federated: Secret
    federated_refresh: str
    signer: Signer


@pytest.fixture
def doors(
    cast: Cast, trust: Trust, signer: Signer, endpoint: Endpoint, client: Client
) -> Doors:
    exchange = Exchange(client)
    login = basic(ROBOT, cast.ci_secret)
    earned = body(endpoint.get(login=login, offline_token="true"))
    federated = Secret(body(exchange.get(signer.token()))["token"])
    login = basic(ROBOT, federated)
    renewing = body(endpoint.get(login=login, offline_token="true"))
    return Doors(
        endpoint,
        exchange,
        cast.ci_secret,
        earned["refresh_token"],
        federated,
        renewing["refresh_token"],
        signer,
    )


def password(doors: Doors) -> Any:
    form = {"username": ROBOT, "password": doors.secret.reveal(), "scope": WEB}
    return doors.endpoint.post(grant_type="password", **form)


def refreshed(doors: Doors) -> Any:
    form = {"refresh_token": doors.refresh, "scope": WEB}
    return doors.endpoint.post(grant_type="refresh_token", **form)


DOORS: dict[str, Callable[[Doors], Any]] = {
    "GET basic": lambda d: d.endpoint.get(WEB, login=basic(ROBOT, d.secret)),
    "GET without a scope": lambda d: d.endpoint.get(login=basic(ROBOT, d.secret)),
    "GET with a federated token": lambda d: d.endpoint.get(
        WEB, login=basic(ROBOT, d.federated)
    ),
    "POST password": password,
    "POST refresh_token": refreshed,
    "the issuer's token as password": lambda d: d.endpoint.get(
        WEB, login=basic(ROBOT, d.signer.token())
    ),
    "GET exchange": lambda d: d.exchange.get(d.signer.token()),
    "POST exchange": lambda d: d.exchange.post(d.signer.token()),
}


def is_disallowed(door: str, response: Any) -> bool:
    """Whether the door answers as it does with ROBOTS_DISALLOW."""
    if door == "GET exchange":
        told = {"error": "access_denied", "message": DISALLOWED}
        return (response.status_code, body(response)) == (401, told)
    if door == "POST exchange":
        told = {"error": "access_denied", "error_description": DISALLOWED}
        return (response.status_code, body(response)) == (400, told)
    return response.status_code == 401 and refusal(response) == UNAUTHORIZED


def turn(target: str, cast: Cast, *allowed: str) -> Namespace | None:
    namespace = cast.acme if target == "namespace" else None
    turn_on(namespace, Terms("a token leaked", allowed=allowed), factories.BY)
    return namespace


def end_now() -> None:
    EmergencySwitch.objects.update(ends_at=timezone.now())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("door", DOORS)
def test_each_door_obeys_a_switch_at_the_next_request(
    door: str, target: str, cast: Cast, doors: Doors
) -> None:
    """Its end counts at the time of the request, not of the query's first use."""
    assert DOORS[door](doors).status_code == 200
    namespace = turn(target, cast, "acme+reader")
    assert is_disallowed(door, DOORS[door](doors))
    turn(target, cast, "acme+reader", ROBOT)
    assert DOORS[door](doors).status_code == 200
    turn(target, cast)
    assert is_disallowed(door, DOORS[door](doors))
    end_now()
    assert DOORS[door](doors).status_code == 200
    turn(target, cast)
    assert is_disallowed(door, DOORS[door](doors))
    turn_off(namespace, factories.BY)
    assert DOORS[door](doors).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_the_setting_stops_whom_a_switch_lets_through(
    door: str, cast: Cast, doors: Doors, settings: Settings
) -> None:
    turn("site", cast, ROBOT)
    settings.ROBOTS_DISALLOW = True
    assert is_disallowed(door, DOORS[door](doors))


@pytest.mark.parametrize("door", DOORS)
def test_both_switches_must_let_a_robot_through(
    door: str, cast: Cast, doors: Doors
) -> None:
    turn("site", cast, ROBOT)
    turn("namespace", cast)
    assert is_disallowed(door, DOORS[door](doors))
    turn("site", cast)
    turn("namespace", cast, ROBOT)
    assert is_disallowed(door, DOORS[door](doors))


@pytest.mark.parametrize("door", DOORS)
def test_the_switch_of_another_namespace_stops_nobody_here(
    door: str, cast: Cast, doors: Doors
) -> None:
    other = factories.organization("other")
    turn_on(other, Terms("a token leaked"), factories.BY)
    assert DOORS[door](doors).status_code == 200


def test_a_switch_leaves_people_and_anybody_alone(
    cast: Cast, endpoint: Endpoint
) -> None:
    turn("site", cast)
    turn("namespace", cast)
    assert endpoint.access(WEB, login=basic("alice")) == [("acme/web", ["pull"])]
    assert endpoint.access("repository:acme/public:pull") == [("acme/public", ["pull"])]


@pytest.mark.parametrize("name", ["acme+CI", "acme+c", "acme+ci2", "ACME+ci"])
def test_the_list_names_robots_exactly(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    turn("site", cast, ROBOT)
    response = endpoint.get(WEB, login=basic(name, cast.ci_secret))
    assert refusal(response) == UNAUTHORIZED


NAMES = [ROBOT, "acme+no", "none+ci", "+", "a+b+c", "a\x00+b", f"{'a' * 300}+b"]


def test_the_sites_switch_tells_nothing_of_robots_or_secrets(
    cast: Cast, endpoint: Endpoint
) -> None:
    """A wrong secret, an unknown robot and a right secret are told the same."""
    set_enabled(cast.reader, False, factories.BY)
    turn("site", cast)
    logins = [
        basic(ROBOT, cast.ci_secret),
        basic("acme+reader", cast.reader_secret),
        *(basic(name, "WRONG") for name in NAMES),
    ]
    assert {refusal(endpoint.get(WEB, login=login)) for login in logins} == {
        UNAUTHORIZED
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_login_costs_the_same_whatever_it_names(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    with queries(2):
        endpoint.get(WEB, login=basic(name, "WRONG"))
    turn("site", cast)
    turn("namespace", cast)
    with queries(2):
        endpoint.get(WEB, login=basic(name, "WRONG"))


def test_a_namespaces_switch_is_told_to_right_secrets_only(
    cast: Cast, endpoint: Endpoint
) -> None:
    """Nobody learns by it which robots, or which organizations, there are."""
    asked = [basic(name, "WRONG") for name in (ROBOT, "acme+no", "none+ci")]
    before = [refusal(endpoint.get(WEB, login=login)) for login in asked]
    turn("namespace", cast)
    assert [refusal(endpoint.get(WEB, login=login)) for login in asked] == before
    right = endpoint.get(WEB, login=basic(ROBOT, cast.ci_secret))
    assert refusal(right) == UNAUTHORIZED


def test_at_the_exchange_the_sites_switch_tells_nothing_of_robots(
    cast: Cast, trust: Trust, trusting: TrustBuilder, signer: Signer, doors: Doors
) -> None:
    trusting(cast.reader, subject="somebody-else")
    set_enabled(cast.ci, False, factories.BY)
    turn("site", cast)
    for name in (ROBOT, "acme+reader", "acme+no", "none+none", "a+b+c"):
        response = doors.exchange.get(signer.token(), name)
        assert is_disallowed("GET exchange", response), name


def test_at_the_exchange_a_namespaces_switch_is_told_to_its_robots_only(
    cast: Cast, trust: Trust, trusting: TrustBuilder, signer: Signer, doors: Doors
) -> None:
    trusting(cast.reader, subject="somebody-else")
    turn("namespace", cast)
    answers = {
        doors.exchange.get(signer.token(), name).content
        for name in ("acme+reader", "acme+no", "none+none")
    }
    assert len(answers) == 1
    assert DOORS["GET exchange"](doors).content not in answers


def test_a_refresh_token_of_a_robot_that_is_gone_is_none(
    cast: Cast, doors: Doors
) -> None:
    turn("site", cast)
    delete_robot(cast.ci, factories.BY)
    invalid = (401, "UNAUTHORIZED", "Invalid refresh token")
    assert refusal(DOORS["POST refresh_token"](doors)) == invalid


@pytest.mark.parametrize("allowed", [(), (ROBOT,)])
def test_switches_cost_those_that_they_concern_one_further_query(
    allowed: tuple[str, ...], cast: Cast, endpoint: Endpoint
) -> None:
    login = basic(ROBOT, cast.ci_secret)
    turn("site", cast, *allowed)
    turn("namespace", cast, *allowed)
    status = 200 if allowed else 401
    with queries(2):
        assert endpoint.get(WEB, login=login).status_code == status


def test_the_log_says_which_switch_it_was(
    cast: Cast, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "registryauth")
    turn("namespace", cast)
    endpoint.get(WEB, login=basic(ROBOT, cast.ci_secret))
    assert "the emergency switch of acme is on" in caplog.text


def test_a_token_that_goes_between_two_questions_lets_nobody_in(
    cast: Cast, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = token_rows.switch_lists

    def late(token_id: int, now: datetime) -> SwitchLists | None:
        RobotToken.objects.filter(pk=token_id).delete()
        return ask(token_id, now)

    turn("site", cast, ROBOT)
    login = basic(ROBOT, cast.ci_secret)
    assert endpoint.get(WEB, login=login).status_code == 200
    monkeypatch.setattr(token_rows, "switch_lists", late)
    assert endpoint.get(WEB, login=login).status_code == 401
