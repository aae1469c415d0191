"""`GET /api/v1/discovery`: contract section 1.8."""

from typing import Any

import pytest
import schemathesis

from quaysite.api.swagger import swagger
from tests.api.local import LocalClient

pytestmark = pytest.mark.django_db

DISCOVERY = "/api/v1/discovery"


def test_anybody_reads_a_swagger_document(local: LocalClient) -> None:
    answer = local.get(DISCOVERY)
    assert answer.status == 200
    document = answer.json
    assert (document["swagger"], document["basePath"]) == ("2.0", "/")
    assert (document["host"], document["schemes"]) == ("127.0.0.1:8000", ["http"])
    flow = document["securityDefinitions"]["oauth2_implicit"]
    assert (flow["type"], flow["flow"]) == ("oauth2", "implicit")
    assert flow["authorizationUrl"] == "http://127.0.0.1:8000/oauth/authorize"
    assert flow["scopes"]["org:admin"]
    robots = document["paths"]["/api/v1/organization/{orgname}/robots"]
    assert robots["x-path"] == "/api/v1/organization/{orgname}/robots"
    assert (robots["x-name"], robots["x-tag"]) == ("getOrgRobots", "robot")
    operation = robots["get"]
    assert operation["operationId"] == "getOrgRobots"
    assert {"oauth2_implicit": ["org:admin"]} in operation["security"]
    (orgname,) = (p for p in operation["parameters"] if p["in"] == "path")
    assert orgname == {
        "name": "orgname",
        "in": "path",
        "required": True,
        "type": "string",
    }
    schema = operation["responses"]["200"]["schema"]
    assert schema == {"$ref": "#/definitions/RobotList"}
    assert local.get(f"{DISCOVERY}?internal=true").json["paths"].keys() >= (
        document["paths"].keys()
    )


def test_the_document_is_swagger_2_throughout(local: LocalClient) -> None:
    document = local.get(DISCOVERY).json
    assert sorted(_newer_words(document)) == []
    loaded = schemathesis.openapi.from_dict(document)
    found = list(loaded.get_all_operations())
    assert len(found) > 50
    assert [one for one in found if not hasattr(one, "ok")] == []


def test_what_the_older_language_lacks() -> None:
    operation = {
        "operationId": "put",
        "tags": ["t"],
        "security": [{"session": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": ["string", "null"]}}},
        },
        "responses": {"204": {"description": ""}},
    }
    document: dict[str, Any] = {
        "info": {},
        "servers": [{"url": "https://host.example"}],
        "paths": {
            "/open": {"put": operation},
            "/closed": {"get": {**operation, "x-internal": True}},
        },
        "components": {
            "securitySchemes": {"oauth2": {"flows": {"implicit": {}}}},
            "responses": {},
            "schemas": {
                "Either": {
                    "oneOf": [
                        {"type": "null"},
                        {"$ref": "#/components/schemas/Other"},
                    ]
                },
                "Other": {
                    "type": "object",
                    "properties": {"oneOf": {"const": 1}, "a": {"type": "integer"}},
                    "anyOf": [{"required": ["a"]}],
                },
            },
        },
    }
    shown = swagger(document, internal=False)
    assert list(shown["paths"]) == ["/open"]
    assert list(swagger(document, internal=True)["paths"]) == ["/open", "/closed"]
    (body,) = shown["paths"]["/open"]["put"]["parameters"]
    assert body["schema"] == {"type": "string", "x-nullable": True}
    assert "security" not in shown["paths"]["/open"]["put"]
    assert shown["definitions"] == {
        "Either": {"$ref": "#/definitions/Other"},
        "Other": {
            "type": "object",
            "properties": {"oneOf": {}, "a": {"type": "integer"}},
        },
    }


def _newer_words(part: Any, path: str = "") -> set[str]:
    """Where OpenAPI 3 shows through: its keywords, and lists of types."""
    found = set()
    if isinstance(part, dict):
        for key, value in part.items():
            inside = f"{path}/{key}"
            newer = key in {"anyOf", "oneOf", "const", "requestBody", "content"}
            if newer and not path.endswith("/properties"):
                found.add(inside)
            if key == "type" and isinstance(value, list):
                found.add(inside)
            found |= _newer_words(value, inside)
    if isinstance(part, list):
        found = {word for item in part for word in _newer_words(item, path)}
    return found
