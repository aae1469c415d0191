"""The emergency switches of a robot and of an issuer, at every door (rule R5)."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from federation.admission import admit
from federation.errors import Refused
from federation.models import Trust
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.credentials import Secret
from robots.errors import RobotsDisallowed
from robots.explain import identity_of_robot, login_issues
from robots.lifecycle.robots import set_enabled
from robots.lifecycle.switches import Terms, turn_off, turn_on
from robots.models import EmergencySwitch
from robots.switch_targets import Issuer, Target
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import Exchange, minted
from tests.federation.fixtures import TrustBuilder, signer, trust, trusting
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.queries import queries
from tests.registryauth.test_emergency_switch import (
    DOORS,
    NAMES,
    ROBOT,
    UNAUTHORIZED,
    WEB,
    Doors,
    doors,
    end_now,
    is_disallowed,
)

__all__ = ["doors", "signer", "trust", "trusting"]

TERMS = Terms("a token leaked")
BY = factories.BY


def refreshed_federated(doors: Doors) -> Any:
    """With the refresh token of a login whose token the issuer's had earned."""
    return doors.endpoint.post(
        grant_type="refresh_token", refresh_token=doors.federated_refresh, scope=WEB
    )


EVERY_DOOR = {**DOORS, "POST refresh_token of a federated token": refreshed_federated}

OF_STATIC_TOKENS = {
    "GET basic",
    "GET without a scope",
    "POST password",
    "POST refresh_token",
}
"""Doors where no issuer has a part in it."""


def issuer_of(doors: Doors) -> Issuer:
    return Issuer(doors.signer.issuer)


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_a_robots_switch_stops_it_at_the_next_request(
    door: str, cast: Cast, doors: Doors
) -> None:
    enter = EVERY_DOOR[door]
    assert enter(doors).status_code == 200
    turn_on(cast.ci, TERMS, BY)
    assert is_disallowed(door, enter(doors))
    end_now()
    assert enter(doors).status_code == 200
    turn_on(cast.ci, TERMS, BY)
    assert is_disallowed(door, enter(doors))
    turn_off(cast.ci, BY)
    assert enter(doors).status_code == 200


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_an_issuers_switch_stops_its_tokens_and_what_they_earned(
    door: str, cast: Cast, doors: Doors
) -> None:
    enter, issuer = EVERY_DOOR[door], issuer_of(doors)

    def is_stopped() -> bool:
        response = enter(doors)
        assert response.status_code == 200 or is_disallowed(door, response)
        return bool(response.status_code != 200)

    others = door not in OF_STATIC_TOKENS
    assert not is_stopped()
    turn_on(issuer, Terms("keys leaked", allowed=["acme+reader"]), BY)
    assert is_stopped() is others
    turn_on(issuer, Terms("keys leaked", allowed=["acme+reader", ROBOT]), BY)
    assert not is_stopped()
    turn_on(issuer, TERMS, BY)
    assert is_stopped() is others
    end_now()
    assert not is_stopped()
    turn_on(issuer, TERMS, BY)
    assert is_stopped() is others
    turn_off(issuer, BY)
    assert not is_stopped()


@pytest.mark.parametrize("door", EVERY_DOOR)
def test_the_switches_of_others_stop_nobody_here(
    door: str, cast: Cast, doors: Doors
) -> None:
    """Neither another robot's, nor that of an issuer that is spelled otherwise."""
    url = doors.signer.issuer
    turn_on(cast.reader, TERMS, BY)
    shouted = url.upper().replace("HTTPS", "https")
    for other in (f"{url}/", shouted, f"{url} ", url[:-1]):
        assert other != url
        turn_on(Issuer(other), TERMS, BY)
    assert EVERY_DOOR[door](doors).status_code == 200


def test_nothing_is_minted_while_an_issuer_is_stopped(cast: Cast, doors: Doors) -> None:
    before = minted()
    turn_on(issuer_of(doors), TERMS, BY)
    doors.exchange.get(doors.signer.token())
    doors.exchange.post(doors.signer.token())
    assert minted() == before


def test_a_stopped_issuer_is_not_asked_for_its_keys(
    cast: Cast, trusting: TrustBuilder, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    """Who cannot be believed need not be called either."""
    asked: list[str] = []
    signer = Signer()
    trusting(keys="")

    def ask(issuer: str, *_: Any) -> Any:
        asked.append(issuer)
        raise Refused("not here", check="keys")

    monkeypatch.setattr("federation.jwks.signing_key", ask)
    exchange = Exchange(client)
    exchange.get(signer.token())
    assert asked == [signer.issuer]
    turn_on(Issuer(signer.issuer), TERMS, BY)
    assert is_disallowed("GET exchange", exchange.get(signer.token()))
    assert asked == [signer.issuer]


def test_an_issuers_switch_tells_nothing_of_robots(
    cast: Cast, trust: Trust, trusting: TrustBuilder, signer: Signer, doors: Doors
) -> None:
    trusting(cast.reader, subject="somebody-else")
    set_enabled(cast.ci, False, BY)
    turn_on(issuer_of(doors), TERMS, BY)
    for name in (ROBOT, "acme+reader", "acme+no", "none+none", "a+b+c"):
        response = doors.exchange.get(signer.token(), name)
        assert is_disallowed("GET exchange", response), name


def test_a_robots_switch_is_told_to_right_secrets_only(
    cast: Cast, doors: Doors, trusting: TrustBuilder
) -> None:
    """Nobody learns by it which robots there are."""
    endpoint = doors.endpoint
    asked = [basic(name, "WRONG") for name in (ROBOT, "acme+no", "none+ci")]
    before = [refusal(endpoint.get(WEB, login=login)) for login in asked]
    trusting(cast.reader, subject="somebody-else")
    exchanged = doors.exchange.get(doors.signer.token(), "acme+reader").content
    for robot in (cast.ci, cast.reader):
        turn_on(robot, TERMS, BY)
    assert [refusal(endpoint.get(WEB, login=login)) for login in asked] == before
    token = doors.signer.token()
    assert doors.exchange.get(token, "acme+reader").content == exchanged
    assert refusal(DOORS["GET basic"](doors)) == UNAUTHORIZED


def test_switches_cost_one_further_query_of_those_that_they_concern(
    cast: Cast, doors: Doors, endpoint: Endpoint
) -> None:
    """A login's one statement tells whether there is any, whatever it is of."""
    turn_on(issuer_of(doors), TERMS, BY)
    with queries(1):
        assert DOORS["GET basic"](doors).status_code == 200
    with queries(2):
        assert DOORS["GET with a federated token"](doors).status_code == 401
    turn_on(cast.ci, TERMS, BY)
    with queries(2):
        assert DOORS["GET basic"](doors).status_code == 401


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_login_costs_the_same_whatever_it_names(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    turn_on(cast.ci, TERMS, BY)
    turn_on(Issuer("https://issuer.example"), TERMS, BY)
    with queries(2):
        endpoint.get(WEB, login=basic(name, "WRONG"))


@pytest.mark.parametrize(
    ("door", "target", "reason"),
    [
        ("GET basic", "robot", "the emergency switch of robot acme+ci is on"),
        ("GET with a federated token", "issuer",
         "the emergency switch of the issuer that the token was earned with is on"),
        ("the issuer's token as password", "issuer",
         "the emergency switch of the token's issuer is on"),
        ("the issuer's token as password", "robot",
         "the emergency switch of the robot is on"),
    ],
)  # fmt: skip
def test_the_log_says_which_switch_it_was(
    door: str,
    target: str,
    reason: str,
    cast: Cast,
    doors: Doors,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "registryauth")
    turn_on(cast.ci if target == "robot" else issuer_of(doors), TERMS, BY)
    DOORS[door](doors)
    assert reason in caplog.text


# --- All of them together ---------------------------------------------------------

SPARED = ["acme+ci"]
ANSWERS: dict[str, Callable[[Doors], None]] = {
    "static": lambda d: _log_in(d.secret),
    "federated": lambda d: _log_in(d.federated),
    "exchange": lambda d: _admit(d),
}
STATES = ("off", "on", "spares", "ended")


def _log_in(secret: Secret) -> None:
    authenticate_robot(ROBOT, secret, timezone.now())


def _admit(doors: Doors) -> None:
    admit(ROBOT, doors.signer.token(), timezone.now())


def _set(target: Target, state: str) -> None:
    if state == "off":
        return
    turn_on(target, Terms(state, allowed=SPARED if state == "spares" else ()), BY)


@pytest.mark.django_db
def test_whatever_is_on_every_door_and_the_explainer_agree(
    cast: Cast, doors: Doors
) -> None:
    """Of each combination: whoever is not spared by each one that concerns it stops."""
    own = {"site": None, "namespace": cast.acme, "robot": cast.ci,
           "issuer": issuer_of(doors)}  # fmt: skip
    foreign = (cast.reader, factories.organization("other"), Issuer("https://other"))
    for other in foreign:
        turn_on(other, TERMS, BY)
    states = (STATES, STATES, ("off", "on", "ended"), STATES)
    for combination in product(*states):
        chosen = dict(zip(own, combination, strict=True))
        EmergencySwitch.objects.exclude(reason=TERMS.reason).delete()
        for name, target in own.items():
            _set(target, chosen[name])
        EmergencySwitch.objects.filter(reason="ended").update(ends_at=timezone.now())
        stopped = "on" in (chosen["site"], chosen["namespace"], chosen["robot"])
        by_issuer = stopped or chosen["issuer"] == "on"
        expected = {"static": stopped, "federated": by_issuer, "exchange": by_issuer}
        assert {name: _is_refused(name, doors) for name in ANSWERS} == expected, chosen
        identity = identity_of_robot(cast.ci)
        assert bool(login_issues(identity, timezone.now())) is stopped, chosen


def _is_refused(name: str, doors: Doors) -> bool:
    try:
        ANSWERS[name](doors)
    except (Unauthorized, Refused) as refused:
        assert RobotsDisallowed.MESSAGE in (refused.message, str(refused))
        return True
    return False
