"""Robot accounts over the API: contract sections 1.1 and 1.2."""

import re
from collections.abc import Callable

import pytest

from robots.models import AuditEvent, Robot
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

ORG = "/api/v1/organization/acme/robots"


def test_a_robot_is_created_shown_listed_and_deleted(
    cast: Cast, as_user: Callable[..., Client]
) -> None:
    alice = as_user(cast.alice)
    made = alice.put(f"{ORG}/new", {"description": "CI", "unstructured_metadata": {}})
    assert made.status == 201
    assert made.json["name"] == "acme+new"
    assert re.fullmatch("[A-Z0-9]{64}", made.json["token"])
    assert made.json["created"].endswith(" -0000")
    shown = alice.get(f"{ORG}/new")
    assert (shown.status, shown.json) == (200, made.json)
    names = [robot["name"] for robot in alice.get(ORG).json["robots"]]
    assert names == ["acme+ci", "acme+new", "acme+reader"]
    gone = alice.delete(f"{ORG}/new")
    assert (gone.status, gone.text) == (204, "")
    assert not Robot.objects.filter(name="new").exists()
    again = alice.delete(f"{ORG}/new")
    assert again.status == 400
    assert again.text == '{"message":"Could not find robot with specified username"}'
    event = AuditEvent.objects.get(kind="create_robot", facts__robot="new")
    assert event.facts["oauth_token_application"] == "tests"


def test_nobody_and_outsiders_are_refused(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    anonymous = api.get(ORG)
    assert anonymous.status == 401
    assert anonymous.json["error_type"] == "invalid_token"
    write = api.put(f"{ORG}/new", {})
    assert write.status == 403
    assert write.json == {"error": "CSRF token was invalid or missing."}
    outsider = as_user(cast.charlie).get(ORG)
    assert outsider.status == 403
    assert outsider.json["error_type"] == "insufficient_scope"
    assert as_user(cast.charlie).put(f"{ORG}/new", {}).status == 403
    assert not Robot.objects.filter(name="new").exists()
