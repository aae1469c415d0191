"""Trusts one by one: addresses, and what is sent and answered."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from federation.models import FederatedToken, Trust
from robots.models import RobotToken, TokenOrigin
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


def earned(trust: Trust, minutes: int) -> None:
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest=f"{trust.pk}-{minutes}",
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    FederatedToken.objects.create(token=token, trust=trust)


def assert_missing(answer: Answer) -> None:
    assert (answer.status, answer.json["error_type"]) == (404, "not_found")
