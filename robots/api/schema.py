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
_ERROR_REF = {"$ref": "#/components/responses/Error"}
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


_TAGS = {
    "robots": "robot",
    "team": "team",
    "members": "organization",
    "prototypes": "prototype",
    "permissions": "permission",
    "applications": "application",
    "logs": "logs",
    "aggregatelogs": "logs",
    "exportlogs": "logs",
    "unusedaccess": "permission",
    "apptoken": "apptoken",
    "apptokens": "apptoken",
    "starred": "star",
    "entities": "search",
    "find": "search",
}
"""By a word of the path, the last one first."""


class ApiSchema(AutoSchema):
    """An operation's rule becomes its security and the end of its description."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Lists are wrapped in objects; what is an array says so by `many=True`."""
        return isinstance(serializer, serializers.ListSerializer)

    def get_auth(self) -> list[dict[str, Any]]:
        rule = self._rule()
        choices = [rule.scopes] if rule.all_scopes else [(s,) for s in rule.scopes]
        security: list[dict[str, Any]] = [
            {"oauth2": list(needed)} for needed in choices
        ]
        security.append({"session": []})
        return [*security, {}] if rule.anonymous else security

    def get_tags(self) -> list[str]:
        """Quay's tag for what the path is about, or the path's first word."""
        words = self._tokenize_path()
        known = (_TAGS[word] for word in reversed(words) if word in _TAGS)
        return [next(known, words[0] if words else "api")]

    def get_summary(self) -> str:
        """The first sentence of what the action says of itself."""
        first, _, _ = super().get_description().partition("\n\n")
        return " ".join(first.split()).rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        rule = self._rule()
        _, _, rest = super().get_description().partition("\n\n")
        scopes = ", ".join(f"`{scope}`" for scope in rule.scopes)
        lines = [rest, f"For: {rule.summary}"]
        if scopes:
            count = "all are" if rule.all_scopes else "one is"
            lines.append(f"OAuth scopes, of which {count} needed: {scopes}.")
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
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = _ERROR_SCHEMA
    components.setdefault("responses", {})["Error"] = _ERROR
    for path, operations in result["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/v1/user/"):
                name = operation["operationId"]
                operation["operationId"] = name.replace("Org", "User", 1)
            for status in _ERROR_STATUSES:
                operation["responses"].setdefault(str(status), dict(_ERROR_REF))
    return result


def query(name: str, kind: Any, description: str) -> OpenApiParameter:
    """A query parameter, described."""
    return OpenApiParameter(name, kind, description=description)


NEXT_PAGE = query("next_page", str, "What the page before this one answered.")

SEARCHED_PAGE = [
    query("limit", int, "If specified, the number of items to return."),
    NEXT_PAGE,
    query("q", str, "A part of the name."),
]
"""The parameters of `robots.api.paging.searched_page`."""


class Avatar(serializers.Serializer[Any]):
    """What clients draw for somebody."""

    name = serializers.CharField()
    hash = serializers.CharField()
    color = serializers.CharField()
    kind = serializers.ChoiceField(["user", "robot", "team", "org", "app"])
