"""Emergency switches of one robot and of an issuer over the API."""

from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation.models import Trust
from registryauth.errors import Unauthorized
from registryauth.robot_login import authenticate_robot
from robots.models import AuditEvent, EmergencySwitch
from tests import factories
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


ROBOTS = "/api/v1/organization/acme/robots"
CI = f"{ROBOTS}/ci/emergencyswitch"
ISSUERS = "/api/v1/superuser/issuers/emergencyswitch"
URL = "https://issuer.example/a?b=c&d"
LEAK = {"reason": "leaked tokens, ticket 4711"}


@pytest.fixture
def root(cast: Cast, settings: Settings, local_user: LocalUser) -> LocalClient:
    settings.SUPER_USERS = ["root"]
    return local_user(factories.user("root"))


def of(issuer: str) -> str:
    return f"{ISSUERS}?issuer={quote(issuer, safe='')}"


def logs_in(cast: Cast) -> bool:
    try:
        authenticate_robot("acme+ci", cast.ci_secret, timezone.now())
    except Unauthorized:
        return False
    return True


def kinds() -> list[str]:
    events = AuditEvent.objects.filter(kind__contains="emergency").order_by("id")
    return [event.kind for event in events]


def test_an_administrator_stops_one_robot(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    assert alice.get(CI).json == {"switch": None}
    answer = alice.put(CI, LEAK)
    assert (answer.status, set(answer.json)) == (200, {"switch"})
    assert answer.json["switch"]["reason"] == LEAK["reason"]
    assert EmergencySwitch.objects.get().robot == cast.ci
    assert alice.get(CI).json == answer.json
    assert not logs_in(cast)
    authenticate_robot("acme+reader", cast.reader_secret, timezone.now())
    assert alice.delete(CI).status == 204
    assert logs_in(cast)
    assert alice.delete(CI).status == 404
    assert kinds() == ["turn_on_emergency_switch", "turn_off_emergency_switch"]


def test_a_person_stops_a_robot_of_the_own_namespace(
    cast: Cast, local_user: LocalUser
) -> None:
    own, _ = factories.robot(cast.bob.personal_namespace, "ci")
    path = "/api/v1/user/robots/ci/emergencyswitch"
    assert local_user(cast.bob).put(path, LEAK).status == 200
    assert EmergencySwitch.objects.get().robot == own
    assert logs_in(cast)


def test_a_robots_switch_excepts_nobody(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    with unchanged():
        answer = alice.put(CI, {**LEAK, "allowed": ["acme+ci"]})
    assert answer.status == 400
    assert "A switch of one robot account excepts none" in answer.text
    assert alice.put(CI, {**LEAK, "allowed": []}).status == 200


@pytest.mark.parametrize("name", ["none", "ci%00", "a+b", "CI"])
def test_a_robot_that_there_is_not_is_not_stopped(
    name: str, cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    with unchanged():
        for method in ("GET", "PUT", "DELETE"):
            path = f"{ROBOTS}/{name}/emergencyswitch"
            body = LEAK if method == "PUT" else None
            assert alice.send(method, path, body, {}).status == 400


def test_who_does_not_administer_the_robot_turns_nothing(
    cast: Cast, local_user: LocalUser
) -> None:
    for person in (cast.bob, cast.charlie):
        client = local_user(person)
        with unchanged():
            assert client.get(CI).status == 403
            assert client.put(CI, LEAK).status == 403
            assert client.delete(CI).status == 403
    assert logs_in(cast)


def test_a_site_administrator_stops_an_issuer(cast: Cast, root: LocalClient) -> None:
    about = {"issuer": URL, "robots": 0}
    assert root.get(of(URL)).json == {**about, "switch": None}
    for subject in ("one", "two"):
        Trust(robot=cast.ci, issuer=URL, subject=subject).save()
    answer = root.put(of(URL), {**LEAK, "allowed": ["acme+mirror", "other+ci"]})
    assert answer.status == 200
    told = answer.json
    assert told.pop("switch")["allowed"] == ["acme+mirror", "other+ci"]
    assert told == {**about, "robots": 1}
    assert EmergencySwitch.objects.get().issuer == URL
    assert root.get(of(f"{URL}/")).json["switch"] is None
    assert logs_in(cast)
    assert root.delete(of(f"{URL}/")).status == 404
    assert root.delete(of(URL)).status == 204
    assert root.delete(of(URL)).status == 404
    assert kinds() == ["turn_on_emergency_switch", "turn_off_emergency_switch"]


@pytest.mark.parametrize(
    "query",
    ["", "?issuer=", "?issuer=issuer.example", "?issuer=https://a%00",
     f"?issuer=https://{'x' * 2041}", f"?issuer=https://{quote('ü') * 1021}"],
)  # fmt: skip
def test_what_is_no_issuer_changes_nothing(query: str, root: LocalClient) -> None:
    with unchanged():
        for method in ("GET", "PUT", "DELETE"):
            body: Any = LEAK if method == "PUT" else None
            answer = root.send(method, ISSUERS + query, body, {})
            assert answer.status == 400, (method, answer.text)
            assert "issuer" in answer.text


def test_administrators_of_organizations_stop_no_issuer(
    cast: Cast, local_user: LocalUser
) -> None:
    with unchanged():
        assert local_user(cast.alice).put(of(URL), LEAK).status == 403
        assert local_user(cast.alice).delete(of(URL)).status == 403
        assert local_user(cast.alice).get(of(URL)).status == 403
