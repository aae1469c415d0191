"""Emergency switches over the API: robots stop at once, and each change is audited."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.models import AuditEvent, EmergencySwitch
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


ACME = "/api/v1/organization/acme/emergencyswitch"
MINE = "/api/v1/user/emergencyswitch"
SITE = "/api/v1/superuser/emergencyswitch"
LEAK = {"reason": "leaked tokens, ticket 4711"}


@pytest.fixture
def root(cast: Cast, settings: Settings, local_user: LocalUser) -> LocalClient:
    settings.SUPER_USERS = ["root"]
    return local_user(factories.user("root"))


def logs_in(cast: Cast) -> bool:
    try:
        authenticate_robot("acme+ci", cast.ci_secret, timezone.now())
    except Unauthorized:
        return False
    return True


def switching(client: LocalClient, path: str, cast: Cast) -> None:
    assert client.get(path).json == {"switch": None}
    answer = client.put(path, LEAK)
    assert answer.status == 200
    switch = EmergencySwitch.objects.get()
    shown: dict[str, Any] = {
        **LEAK,
        "since": switch.turned_on_at.isoformat().replace("+00:00", "Z"),
        "by": switch.turned_on_by,
        "until": None,
        "allowed": [],
    }
    assert answer.json == {"switch": shown}
    assert client.get(path).json == {"switch": shown}
    assert not logs_in(cast)
    off = client.delete(path)
    assert (off.status, off.text) == (204, "")
    assert logs_in(cast)
    assert client.delete(path).status == 404
    kinds = AuditEvent.objects.filter(kind__contains="emergency").order_by("id")
    assert [event.kind for event in kinds] == [
        "turn_on_emergency_switch",
        "turn_off_emergency_switch",
    ]


def test_an_administrator_stops_the_robots_of_an_organization(
    cast: Cast, local_user: LocalUser
) -> None:
    switching(local_user(cast.alice), ACME, cast)


def test_a_site_administrator_stops_all(cast: Cast, root: LocalClient) -> None:
    switching(root, SITE, cast)


def test_everybody_stops_the_own_robots_and_no_others(
    cast: Cast, local_user: LocalUser
) -> None:
    bob = local_user(cast.bob)
    assert bob.put(MINE, LEAK).status == 200
    assert str(EmergencySwitch.objects.get().namespace) == "bob"
    assert logs_in(cast)
    with unchanged():
        assert bob.put(ACME, LEAK).status == 403
        assert bob.put(SITE, LEAK).status == 403
        assert bob.delete(ACME).status == 403


def test_terms_can_be_changed(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    end = (timezone.now() + timedelta(hours=4)).replace(microsecond=0)
    terms = {**LEAK, "until": end.isoformat(), "allowed": ["acme+ci"]}
    assert alice.put(ACME, LEAK).status == 200
    answer = alice.put(ACME, terms)
    assert answer.json["switch"]["until"] == end.isoformat().replace("+00:00", "Z")
    assert answer.json["switch"]["allowed"] == ["acme+ci"]
    switch = EmergencySwitch.objects.get()
    assert (switch.ends_at, switch.allowed_names) == (end, ["acme+ci"])
    assert logs_in(cast)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 256}, "reason: at most 255 characters"),
        ({"reason": "a\0b"}, "NUL and lone surrogates cannot be stored"),
        ({"reason": 7}, "is not of type 'string'"),
        ({"until": "soon"}, "is not a date and time"),
        ({"until": "2020-01-01T00:00:00Z"}, "The end must lie ahead"),
        ({"allowed": ["ci"]}, "is not the full name of a robot account"),
        ({"allowed": ["other+ci"]}, "is not a robot account of acme"),
        ({"allowed": "acme+ci"}, "is not of type 'array'"),
        ({"allowed": ["acme+ci"] + [f"acme+r{n}" for n in range(200)]}, "At most 200"),
        ({"ends_at": None}, "Additional properties are not allowed"),
    ],
)
def test_what_cannot_be_changes_nothing(
    cast: Cast, local_user: LocalUser, change: dict[str, Any], message: str
) -> None:
    with unchanged():
        answer = local_user(cast.alice).put(ACME, {**LEAK, **change})
    assert answer.status == 400
    assert message in answer.text
    assert logs_in(cast)


def test_one_that_has_ended_is_off(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    alice.put(ACME, LEAK)
    EmergencySwitch.objects.update(ends_at=timezone.now())
    assert alice.get(ACME).json == {"switch": None}
    assert alice.delete(ACME).status == 404
