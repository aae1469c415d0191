"""S-22: a misspelt key of a trust is an error, wherever it is written.

A key that is ignored reads as a condition, and is none: `audience` for `audiences`
would let in tokens that are meant for others.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from federation.models import Trust
from robots.models import RepositoryPermission
from tests.api.conftest import ALL_SCOPES
from tests.api.local import LocalClient
from tests.api.tokens import bearer
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ROBOT = "/api/v1/organization/acme/robots/ci"
APP = {"issuer": "https://issuer.example", "subject": "repo:acme/app"}
CONDITION = {"claim": "event", "operator": "equals", "values": ["push"]}
POD = {
    "issuer": "https://cluster.example",
    "namespace": "ci",
    "service_account": "builder",
}

MISSPELT = [
    "audience",
    "Audiences",
    "audiences ",
    "aud",
    "condition",
    "claims",
    "maxAge",
    "singleUse",
    "expiresAt",
    "subjectMatch",
    "key",
    "jwks",
    "id",
    "grade",
    "digest",
    "robot",
    "position",
]

Write = Callable[[LocalClient, Any], Any]

WRITES: dict[str, Write] = {
    "list": lambda api, body: api.post(f"{ROBOT}/federation", [body]),
    "trust": lambda api, body: api.post(f"{ROBOT}/trusts", body),
    "dry run": lambda api, body: api.post(f"{ROBOT}/trusts", body | {"dry_run": True}),
    "change": lambda api, body: api.patch(
        f"{ROBOT}/trusts/{Trust.objects.get().pk}", body
    ),
}


@pytest.fixture
def api(cast: Cast) -> LocalClient:
    """alice's client, who left one trust behind."""
    client = LocalClient(bearer(cast.alice, ALL_SCOPES))
    stored = client.post(f"{ROBOT}/trusts", {**APP, "subject": "kept"})
    assert stored.status == 201
    return client


def unchanged() -> bool:
    [trust] = Trust.objects.all()
    return (trust.subject, trust.audiences, trust.revision) == ("kept", [], 1)


@pytest.mark.parametrize("key", MISSPELT)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_s22_an_unknown_key_of_a_trust(
    write: Write, key: str, api: LocalClient
) -> None:
    answer = write(api, {**APP, key: ["quay"]})
    assert answer.status == 400
    begins = f"Additional properties are not allowed: {key}; known are issuer,"
    assert answer.json["detail"].startswith(begins)
    assert unchanged()


@pytest.mark.parametrize("key", ["value", "claims", "op", "ignoreCase", "not"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_s22_an_unknown_key_of_a_condition(
    write: Write, key: str, api: LocalClient
) -> None:
    answer = write(api, {**APP, "conditions": [{**CONDITION, key: True}]})
    assert answer.status == 400
    assert answer.json["detail"].startswith(f"conditions: {key} is not known")
    assert unchanged()


@pytest.mark.parametrize("key", ["audiences", "uid", "serviceAccount", "issuers"])
def test_s22_an_unknown_value_of_a_preset(key: str, api: LocalClient) -> None:
    path = f"{ROBOT}/trusts/presets/kubernetes"
    answer = api.post(path, {"values": {**POD, key: "quay"}})
    assert answer.status == 400
    assert answer.json["detail"].startswith(f"{key}: not known; known are")
    outside = api.post(path, {"values": POD, key: "quay"})
    assert outside.status == 400
    assert unchanged()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--preset", "kubernetes", "namespace=ci", "service_account=b", "audiences=x"),
        ("--issuer", "https://i.example", "--subject", "s", "--audiences", "x"),
        ("--issuer", "https://i.example", "--subject", "s", "audience=x"),
    ],
    ids=["value", "option", "stray value"],
)
def test_s22_an_unknown_word_of_the_command(
    arguments: tuple[str, ...], api: LocalClient
) -> None:
    with pytest.raises(CommandError):
        call_command("add_trust", "--robot", "acme+ci", *arguments)
    assert unchanged()


def test_s22_only_what_pages_say_of_themselves_is_let_pass(api: LocalClient) -> None:
    answer = api.post(f"{ROBOT}/federation", [{**APP, "isExpanded": True}])
    assert (answer.status, answer.json) == (200, [APP])
    assert api.post(f"{ROBOT}/trusts", {**APP, "isExpanded": True}).status == 400


@pytest.mark.parametrize("key", ["until", "expires_at", "Role", "repository"])
@pytest.mark.parametrize("grantee", ["user/acme+ci", "user/bob", "team/developers"])
def test_s22_an_unknown_key_of_a_permission(
    grantee: str, key: str, cast: Cast, api: LocalClient
) -> None:
    """A grant that was meant to end, or to be somewhere else, is none."""
    path = f"/api/v1/repository/acme/public/permissions/{grantee}"
    answer = api.put(path, {"role": "admin", key: "2030-01-01T00:00:00Z"})
    assert answer.status == 400
    begins = f"Additional properties are not allowed: {key}; known are role"
    assert answer.json["detail"].startswith(begins)
    assert not RepositoryPermission.objects.filter(repository=cast.public).exists()


@pytest.mark.parametrize("grantee", ["user/acme+ci", "user/bob", "team/developers"])
def test_s22_a_permission_may_be_sent_back_as_it_was_shown(
    grantee: str, cast: Cast, api: LocalClient
) -> None:
    path = f"/api/v1/repository/acme/public/permissions/{grantee}"
    shown = api.put(path, {"role": "read"}).json
    changed = api.put(path, {**shown, "role": "write"})
    assert (changed.status, changed.json) == (200, {**shown, "role": "write"})
