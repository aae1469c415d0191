"""How the API describes itself: rules as OAuth scopes, errors in their shapes."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from robots.api.rules import Rule

_ERROR_STATUSES = (400, 401, 403, 404, 405, 406, 409, 413, 415, 429, 503)

_ERROR = {
    "description": "An error, in one of four shapes; see the API page of the manual.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_ERROR_SCHEMA = {
    "type": "object",
    "properties": {
        "detail": {"type": "string"},
        "error_message": {"type": "string"},
        "error_type": {"type": "string"},
        "title": {"type": "string"},
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "message": {},
        "error": {"type": "string"},
    },
    "anyOf": [
        {"required": ["detail", "error_message", "error_type", "status"]},
        {"required": ["message"]},
        {"required": ["error"]},
    ],
}


class ApiSchema(AutoSchema):
    """An operation's rule becomes its security and the end of its description."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Lists are wrapped in objects; what is an array says so itself."""
        return False

    def get_auth(self) -> list[dict[str, Any]]:
        rule = self._rule()
        security: list[dict[str, Any]] = [{"oauth2": [scope]} for scope in rule.scopes]
        security.append({"session": []})
        return [*security, {}] if rule.anonymous else security

    def get_description(self) -> str:  # type: ignore[override]
        rule = self._rule()
        scopes = ", ".join(f"`{scope}`" for scope in rule.scopes)
        lines = [super().get_description(), f"For: {rule.summary}"]
        if scopes:
            lines.append(f"OAuth scopes, of which one is needed: {scopes}.")
        return "\n\n".join(line for line in lines if line)

    def _rule(self) -> Rule:
        view: Any = self.view
        rule: Rule = view.access[view.action]
        return rule if "{orgname}" in self.path or rule.own is None else rule.own


def add_errors(
    result: dict[str, Any], generator: Any, request: Any, public: Any
) -> dict[str, Any]:
    """Postprocessing hook: every operation may answer every kind of error.

    Where one view serves an organization and the caller alike, the second path
    has Quay's name for it: `User` in place of `Org`.
    """
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = (
        _ERROR_SCHEMA
    )
    for path, operations in result["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/v1/user/"):
                name = operation["operationId"]
                operation["operationId"] = name.replace("Org", "User", 1)
            for status in _ERROR_STATUSES:
                operation["responses"].setdefault(str(status), _ERROR)
    return result


def query(name: str, kind: Any, description: str) -> OpenApiParameter:
    """A query parameter, described."""
    return OpenApiParameter(name, kind, description=description)


NEXT_PAGE = query("next_page", str, "What the page before this one answered.")


class Avatar(serializers.Serializer[Any]):
    """What clients draw for somebody."""

    name = serializers.CharField()
    hash = serializers.CharField()
    color = serializers.CharField()
    kind = serializers.ChoiceField(["user", "robot", "team", "org", "app"])
