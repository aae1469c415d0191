"""Trusts one by one: addresses, and what is sent and answered."""

from typing import Any

from tests.api.client import Answer, Client

ROBOTS = "/api/v1/organization/acme/robots"
TRUSTS = f"{ROBOTS}/ci/trusts"
APP = {"issuer": "https://issuer.example", "subject": "repo:acme/app"}
USUAL = {
    "name": "",
    "subject_match": "exact",
    "ignore_case": False,
    "audiences": [],
    "conditions": [],
    "max_age": None,
    "single_use": False,
    "keys": "",
    "enabled": True,
    "expires_at": None,
}


def added(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client.post(TRUSTS, {**APP, **changes})
    assert answer.status == 201, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def assert_missing(answer: Answer) -> None:
    assert (answer.status, answer.json["error_type"]) == (404, "not_found")
