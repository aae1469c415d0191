"""What the tests of the contract's checklist share: registry logins, error bodies."""

import base64
from typing import Any
from urllib.parse import urlencode

import jwt

from robots.credentials import Secret
from tests import factories
from tests.api.client import Answer, Client

V1 = "/api/v1"
ORG = f"{V1}/organization/acme"
ROBOTS = f"{ORG}/robots"
OWN_ROBOTS = f"{V1}/user/robots"


def token_request(
    client: Client,
    username: str | None = None,
    secret: Secret | str = factories.PASSWORD,
    *scopes: str,
    **query: str,
) -> Answer:
    """The answer of /v2/auth to these credentials, or to nobody's."""
    headers = {}
    if username is not None:
        text = secret.reveal() if isinstance(secret, Secret) else secret
        pair = base64.b64encode(f"{username}:{text}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    params = [*(("scope", scope) for scope in scopes), *query.items()]
    return client.get(f"/v2/auth?{urlencode(params)}", **headers)


def granted(answer: Answer) -> list[tuple[str, list[str]]]:
    """Name and actions of each entry of the token in a 200, in order."""
    assert answer.status == 200, answer.text
    claims = jwt.decode(answer.json["token"], options={"verify_signature": False})
    return [(entry["name"], entry["actions"]) for entry in claims["access"]]


def refused_login(answer: Answer) -> str:
    """The message of a 401 of the token endpoint."""
    assert answer.status == 401, answer.text
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="http')
    assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    (error,) = answer.json["errors"]
    assert error == {**error, "code": "UNAUTHORIZED", "detail": {}}
    return str(error["message"])


def typed_error(status: int, kind: str, text: str) -> dict[str, Any]:
    """An error of shape A, whole (contract section 0.6)."""
    return {
        "detail": text,
        "error_message": text,
        "error_type": kind,
        "title": kind,
        "type": f"http://127.0.0.1:8000/api/v1/error/{kind}",
        "status": status,
    }


def is_typed(answer: Answer, status: int, kind: str, text: str) -> bool:
    """Whether the answer is this error of shape A: status, keys in order, content."""
    body = typed_error(status, kind, text)
    is_json = answer.headers["Content-Type"] == "application/json"
    return is_json and (answer.status, [*answer.json.items()]) == (
        status,
        [*body.items()],
    )


def invalid(answer: Answer, text: str) -> bool:
    """Whether the answer is 400 of shape A with this text."""
    return is_typed(answer, 400, "invalid_request", text)


def data_error(answer: Answer, text: str) -> bool:
    """Whether the answer is 400 of shape B with this text."""
    return (answer.status, answer.json) == (400, {"message": text})


def is_empty(answer: Answer) -> bool:
    """Whether the answer is 204, without a body, as JSON."""
    content_type = answer.headers["Content-Type"]
    return (answer.status, answer.text, content_type) == (204, "", "application/json")
