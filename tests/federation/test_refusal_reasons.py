"""Why the exchange refused a robot or its token: one reason each, for the log.

What the caller is told is in `test_exchange_failures` and the tests of the switches; an
operator has nothing but this to go by.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.admission import NotAdmitted, admit
from federation.errors import NO_MATCH, Code, Refused
from federation.models import Trust
from robots.errors import RobotsDisallowed
from robots.lifecycle.switches import Terms, turn_on
from robots.models import Namespace, Robot
from robots.switch_targets import Issuer, Target
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import ROBOT, Exchange, stored
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import SUBJECT, Signer


class Stage(NamedTuple):
    """What a deed may change."""

    cast: Cast
    signer: Signer
    settings: Settings
    now: datetime


def _switched(target: Target) -> None:
    turn_on(target, Terms("a token leaked"), factories.BY)


def _disallow(stage: Stage) -> None:
    stage.settings.ROBOTS_DISALLOW = True


def _forbid_own_keys(stage: Stage) -> None:
    stage.settings.FEDERATION_TRUST_KEYS = False


def _other_keys(stage: Stage) -> None:
    other = Signer()
    other.rotate()
    Trust.objects.update(keys=other.jwks())


Deed = Callable[[Stage], object]

OF_THE_ROBOT: dict[str, Deed] = {
    "the robot is disabled": lambda stage: Robot.objects.update(enabled=False),
    "the robot has expired": lambda stage: Robot.objects.update(expires_at=stage.now),
    "the robot's owner is disabled": lambda stage: Namespace.objects.update(
        enabled=False
    ),
}
OF_THE_KEYS: dict[str, Deed] = {
    "FEDERATION_TRUST_KEYS is off": _forbid_own_keys,
    "the trust has no key of that kid": _other_keys,
}
OF_SWITCHES: dict[str, Deed] = {
    "ROBOTS_DISALLOW is on": _disallow,
    "the emergency switch of the site is on": lambda stage: _switched(None),
    "the emergency switch of the token's issuer is on": lambda stage: _switched(
        Issuer(stage.signer.issuer)
    ),
    "the emergency switch of its namespace is on": lambda stage: _switched(
        stage.cast.acme
    ),
    "the emergency switch of the robot is on": lambda stage: _switched(stage.cast.ci),
}


@pytest.fixture
def stage(cast: Cast, trust: Trust, signer: Signer, settings: Settings) -> Stage:
    return Stage(cast, signer, settings, timezone.now())


def _refused(stage: Stage, **claims: Any) -> Refused:
    with pytest.raises(Refused) as found:
        admit(ROBOT, stage.signer.token(**claims), stage.now)
    return found.value


@pytest.mark.parametrize("reason", [*OF_THE_ROBOT, *OF_THE_KEYS, *OF_SWITCHES])
def test_each_refusal_has_its_reason_in_the_log_and_mints_nothing(
    reason: str, stage: Stage, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "federation")
    {**OF_THE_ROBOT, **OF_THE_KEYS, **OF_SWITCHES}[reason](stage)
    assert exchange.get(stage.signer.token()).status_code == 401
    assert f"robot={ROBOT} reason={reason!r}" in caplog.text
    assert stored() == (0, 0)


@pytest.mark.parametrize("reason", OF_THE_ROBOT)
def test_what_is_wrong_with_a_robot_is_not_told(reason: str, stage: Stage) -> None:
    OF_THE_ROBOT[reason](stage)
    refused = _refused(stage)
    assert (refused.reason, refused.check) == (reason, "robot")
    assert (refused.code, refused.message) == (Code.INVALID_GRANT, NO_MATCH)


def test_a_robot_is_let_in_until_the_very_moment_of_its_end(stage: Stage) -> None:
    later = stage.now + timedelta(microseconds=1)
    Robot.objects.update(expires_at=later)
    assert admit(ROBOT, stage.signer.token(), stage.now).robot.pk == stage.cast.ci.pk
    Robot.objects.update(expires_at=stage.now)
    assert _refused(stage).check == "robot"


@pytest.mark.parametrize("reason", OF_SWITCHES)
def test_a_switch_is_told_as_what_it_is(reason: str, stage: Stage) -> None:
    OF_SWITCHES[reason](stage)
    refused = _refused(stage)
    assert (refused.reason, refused.check) == (reason, "robots_disallowed")
    told = (refused.code, refused.message)
    assert told == (Code.ACCESS_DENIED, RobotsDisallowed.MESSAGE)


@pytest.mark.parametrize(
    ("reason", "claim"), list(zip(OF_THE_KEYS, ("", "kid"), strict=True))
)
def test_what_is_wrong_with_the_keys_is_the_nearest_refusal(
    reason: str, claim: str, stage: Stage
) -> None:
    OF_THE_KEYS[reason](stage)
    refused = _refused(stage)
    assert isinstance(refused, NotAdmitted)
    assert (refused.reason, refused.check, refused.claim) == (reason, "keys", claim)
    assert [(trust.robot.pk, of.reason) for trust, of in refused.tried] == [
        (stage.cast.ci.pk, reason)
    ]


def test_no_trust_names_the_issuer(stage: Stage) -> None:
    Trust.objects.update(enabled=False)
    refused = _refused(stage)
    assert "no enabled trust" in refused.reason
    assert (refused.check, refused.claim) == ("issuer", "iss")
    assert refused.actual == stage.signer.issuer
    assert not isinstance(refused, NotAdmitted)


def test_all_of_the_nearest_refusal_is_told_on(
    stage: Stage, trusting: TrustBuilder
) -> None:
    trusting(subject="repo:acme/third")
    refused = _refused(stage, sub="repo:acme/other")
    assert isinstance(refused, NotAdmitted)
    nearest = next(of for _, of in refused.tried if of.expected == refused.expected)
    assert len(refused.tried) == 2
    assert nearest.expected in (SUBJECT, "repo:acme/third")
    assert refused.actual == nearest.actual == "repo:acme/other"
    for name in ("reason", "code", "message", "check", "claim"):
        assert getattr(refused, name) == getattr(nearest, name)
    assert (refused.check, refused.claim) == ("subject", "sub")
