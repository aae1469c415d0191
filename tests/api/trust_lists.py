"""Lists of trusts to send, and what is stored of them."""

from typing import Any

from federation.models import Trust
from tests.api.client import Answer

ROBOTS = "/api/v1/organization/acme/robots"
CI = f"{ROBOTS}/ci/federation"
APP = {"issuer": "https://issuer.example", "subject": "repo:acme/app"}
WEB = {"issuer": "https://issuer.example", "subject": "repo:acme/web"}
PLAIN = {"issuer": "http://plain.example", "subject": "s", "audiences": ["quay", "x"]}
TWICE = "Duplicate federation config entry"


def stored() -> list[tuple[str, str, list[str]]]:
    trusts = Trust.objects.filter(robot__name="ci")
    return [(trust.issuer, trust.subject, trust.audiences) for trust in trusts]


def assert_refused(answer: Answer, text: str) -> None:
    assert answer.status == 400
    assert answer.json["error_type"] == "invalid_request"
    assert answer.json["detail"].splitlines()[0] == text


def condition(claim: str, value: str) -> dict[str, Any]:
    return {
        "claim": claim,
        "operator": "equals",
        "values": [value],
        "ignore_case": False,
    }
