"""The compatibility checklist over HTTP: which outside identities a robot trusts."""

from collections.abc import Callable

import pytest

from robots.models import AuditEvent
from tests.api.checklist import (
    OWN_ROBOTS,
    ROBOTS,
    data_error,
    invalid,
    is_empty,
    is_typed,
)
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

GITHUB = "https://token.actions.githubusercontent.com"
MAIN = {"issuer": GITHUB, "subject": "repo:acme/web:ref:refs/heads/main"}
TAGS = {"issuer": GITHUB, "subject": "repo:acme/web:ref:refs/tags/v1"}
GITLAB = {"issuer": "http://gitlab.example", "subject": "project_path:acme/web"}
MISSING = "Missing one or more required fields (issuer, subject)"


@pytest.mark.parametrize("base", [ROBOTS, OWN_ROBOTS])
def test_item_09_trusts_are_echoed_shown_replaced_cleared_and_checked(
    base: str, cast: Cast, as_user: Callable[..., Client]
) -> None:
    alice = as_user(cast.alice)
    alice.put(f"{base}/keyless")
    path = f"{base}/keyless/federation"
    assert (alice.get(path).status, alice.get(path).json) == (200, [])
    for trusts in ([MAIN, GITLAB], [TAGS, MAIN], [MAIN]):
        stored = alice.post(path, trusts)
        assert (stored.status, stored.json) == (200, trusts)
        assert alice.get(path).json == trusts

    for body, text in (
        ([{**MAIN, "issuer": "gitlab.example"}], "Issuer must be a URL"),
        ([{**MAIN, "issuer": "HTTPS://gitlab.example"}], "Issuer must be a URL"),
        ([{**MAIN, "issuer": "ftp://gitlab.example"}], "Issuer must be a URL"),
        ([TAGS, MAIN, TAGS], "Duplicate federation config entry"),
        ([{**MAIN, "subject": ""}], MISSING),
        ([{**MAIN, "issuer": ""}], MISSING),
        ([MAIN, {"issuer": GITHUB}], "'subject' is a required property"),
        ([{"subject": "x"}], "'issuer' is a required property"),
        ([{**MAIN, "subject": 5}], "5 is not of type 'string'"),
        ({"issuer": GITHUB}, "{'issuer': "),
        (b"null", "Missing JSON body"),
    ):
        refused = alice.post(path, body)
        assert refused.status == 400, body
        assert refused.json["error_type"] == "invalid_request"
        assert refused.json["detail"].startswith(text)
        assert invalid(refused, refused.json["detail"])
        assert alice.get(path).json == [MAIN]
    assert alice.post(path).status == 415
    url = alice.post(path, [{**MAIN, "issuer": "gitlab.example"}])
    assert invalid(url, "Issuer must be a URL (http:// or https://)")

    unknown = "Could not find robot with specified username"
    assert data_error(alice.post(f"{base}/nobody/federation", [MAIN]), unknown)
    assert data_error(alice.delete(f"{base}/nobody/federation"), unknown)
    assert alice.post(path, []).json == []
    for _ in range(2):
        assert is_empty(alice.delete(path))
        assert alice.get(path).json == []
    events = AuditEvent.objects.filter(facts__robot="keyless").order_by("id")
    kinds = [event.kind for event in events if "federation" in event.kind]
    created = ["create_robot_federation"] * 4
    assert kinds == [*created, "delete_robot_federation", "delete_robot_federation"]
    assert events[2].facts["config"] == [TAGS, MAIN]


def test_item_09_only_administrators_of_the_namespace(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    path = f"{ROBOTS}/ci/federation"
    as_user(cast.alice).post(path, [MAIN])
    for client in (as_user(cast.bob), as_user(cast.charlie)):
        trials = (client.get(path), client.post(path, [TAGS]), client.delete(path))
        for answer in trials:
            assert is_typed(answer, 403, "insufficient_scope", "Unauthorized")
    assert api.get(path).status == 401
    assert api.post(path, [TAGS]).status == 403
    assert as_user(cast.alice).get(path).json == [MAIN]
