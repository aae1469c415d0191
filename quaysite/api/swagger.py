"""From an OpenAPI 3.1 document to the Swagger 2.0 one that Quay's clients read.

Pure. Swagger 2.0 knows less: of alternatives the first is kept, and what may be
null is marked with `x-nullable`.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

_JSON = "application/json"
_FLOW = "oauth2_implicit"
_UNKNOWN = {"oneOf", "anyOf", "const", "examples", "propertyNames", "nullable"}
"""What a schema may say in OpenAPI 3.1 and not in Swagger 2.0."""


def swagger(document: Mapping[str, Any], internal: bool) -> Json:
    """The Swagger 2.0 document; operations with `x-internal` only if `internal`."""
    site = urlsplit(document["servers"][0]["url"])
    return {
        "swagger": "2.0",
        "host": site.netloc,
        "basePath": "/",
        "schemes": [site.scheme],
        "info": document["info"],
        "securityDefinitions": {_FLOW: _security_definition(document)},
        "paths": dict(_paths(document, internal)),
        "definitions": {
            name: _schema(schema)
            for name, schema in document["components"]["schemas"].items()
        },
        "responses": {
            name: _response(response)
            for name, response in document["components"]["responses"].items()
        },
        "tags": document.get("tags", []),
    }


def _security_definition(document: Mapping[str, Any]) -> Json:
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["implicit"]
    return {"type": "oauth2", "flow": "implicit", **flow}


def _paths(document: Mapping[str, Any], internal: bool) -> Iterator[tuple[str, Json]]:
    for path, operations in document["paths"].items():
        shown = {
            method: _operation(operation)
            for method, operation in operations.items()
            if internal or not operation.get("x-internal")
        }
        if shown:
            first = next(iter(shown.values()))
            name, tag = first["operationId"], first["tags"][0]
            yield path, {"x-name": name, "x-path": path, "x-tag": tag, **shown}


def _operation(operation: Mapping[str, Any]) -> Json:
    texts = (operation.get("summary"), operation.get("description"))
    parameters = [_parameter(one) for one in operation.get("parameters", [])]
    if body := operation.get("requestBody"):
        parameters.append(_body(body))
    shown = {
        "operationId": operation["operationId"],
        "description": "\n\n".join(text for text in texts if text),
        "tags": operation["tags"],
        "parameters": parameters,
        "responses": {
            status: _response(response)
            for status, response in operation["responses"].items()
        },
    }
    if security := _security(operation):
        shown["security"] = security
    return shown


def _security(operation: Mapping[str, Any]) -> list[Json]:
    needed = [one["oauth2"] for one in operation["security"] if "oauth2" in one]
    return [{_FLOW: scopes} for scopes in needed]


def _parameter(parameter: Mapping[str, Any]) -> Json:
    rest = {key: value for key, value in parameter.items() if key in _OF_PARAMETERS}
    return {**rest, **_schema(parameter["schema"])}


_OF_PARAMETERS = ("name", "in", "description", "required")


def _body(body: Mapping[str, Any]) -> Json:
    return {
        "name": "body",
        "in": "body",
        "required": body.get("required", False),
        "schema": _schema(body["content"][_JSON]["schema"]),
    }


def _response(response: Mapping[str, Any]) -> Json:
    if "$ref" in response:
        return {"$ref": response["$ref"].replace("components/responses", "responses")}
    shown: Json = {"description": response.get("description") or "Success"}
    content = response.get("content", {})
    if _JSON in content:
        shown["schema"] = _schema(content[_JSON]["schema"])
    return shown


def _schema(schema: Any) -> Any:
    """A schema, or a part of one, in the older language."""
    if isinstance(schema, list):
        return [_schema(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("components/schemas", "definitions")}
    shown = {key: _member(key, value) for key, value in schema.items()}
    for key in _UNKNOWN & shown.keys():
        del shown[key]
    return {**_first_alternative(schema), **shown, **_type(schema.get("type"))}


def _member(key: str, value: Any) -> Any:
    """What a key holds: under `properties` every name has a schema of its own."""
    if key == "properties":
        return {name: _schema(part) for name, part in value.items()}
    if key in ("enum", "default", "required", "example"):
        return value
    return _schema(value)


def _first_alternative(schema: Mapping[str, Any]) -> Json:
    """The first of the alternatives that describes more than null."""
    alternatives = schema.get("oneOf") or schema.get("anyOf") or []
    typed = [one for one in alternatives if {"$ref", "type"} & one.keys()]
    real = [one for one in typed if one.get("type") != "null"]
    return dict(_schema(real[0])) if real else {}


def _type(kind: Any) -> Json:
    """`type`, of which there is one at most."""
    if not isinstance(kind, list):
        return {} if kind is None else {"type": kind}
    real = [one for one in kind if one != "null"]
    nullable = {"x-nullable": True} if "null" in kind else {}
    return {**({"type": real[0]} if real else {}), **nullable}
