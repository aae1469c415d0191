"""The JSON Schema of access files, for editors and for other programs.

It tells of structure. What no schema can tell is left to reading: a key that is said
twice, a robot of another namespace, whether somebody exists.
"""

from typing import Any

from robots.accessfile import trusts
from robots.accessfile.grantees import MAX_USERNAME
from robots.accessfile.sections.namespaces import (
    FLAGS,
    PERSONAL_FIELDS,
    PERSONAL_SECTIONS,
)
from robots.accessfile.values import TIME
from robots.accessfile.writing import VERSION
from robots.lifecycle.organizations import MAX_EMAIL, TAG_EXPIRATIONS
from robots.lifecycle.robots import MAX_DESCRIPTION
from robots.lifecycle.wanted import NO_ROLE
from robots.names import (
    MAX_LENGTH,
    MIN_LENGTH,
    REPOSITORY_NAME,
    SIMPLE_NAME,
    TEAM_PREFIX,
)
from robots.roles import Role, State, TeamRole, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION, MAX_TEAM_DESCRIPTION

Schema = dict[str, Any]

_FLAG: Schema = {"type": "boolean"}
_NAME: Schema = {
    "minLength": MIN_LENGTH,
    "maxLength": MAX_LENGTH,
    "pattern": f"^(?:{SIMPLE_NAME})$",
}
_PATH: Schema = {"maxLength": MAX_LENGTH, "pattern": f"^(?:{REPOSITORY_NAME})$"}
_UNQUOTED = ["string", "number", "boolean"]
"""Words that YAML takes for numbers and booleans are texts where text is wanted."""


def schema() -> Schema:
    """JSON Schema, draft 2020-12, of a whole file as YAML or JSON."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Quaysite access file",
        "description": "What namespaces of a container registry hold: robots, teams,"
        " repositories and permissions. What is not said is left as it is.",
        **_object(
            {
                "version": {"const": VERSION},
                "namespaces": _by_name(_NAME, _ref("namespace")),
            },
            required=["version", "namespaces"],
        ),
        "$defs": {
            "namespace": _namespace(),
            "team": _team(),
            "robot": _robot(),
            "repository": _repository(),
            "grant": _grant(),
            "default_permission": _default_permission(),
            "grantee": _name_of_somebody(
                "A robot of the namespace (acme+ci), a team (team:builders), or a"
                " person (alice)."
            ),
            "account": _name_of_somebody(
                "A robot of the namespace (acme+ci), or a person (alice).",
                **{"not": {"type": "string", "pattern": f"^{TEAM_PREFIX}"}},
            ),
            "moment": _moment(),
        },
    }


def _namespace() -> Schema:
    flags = {
        "personal": "A person's own namespace; it has no teams.",
        "partial": "The sections do not claim to be complete: --prune removes only"
        f" permissions whose role is {NO_ROLE}.",
    }
    said = {
        **{name: {**_FLAG, "description": text} for name, text in flags.items()},
        "enabled": {**_FLAG, "description": "While off, nobody pulls or pushes."},
        "email": _text(MAX_EMAIL),
        "invoice_email": _FLAG,
        "invoice_email_address": _text(MAX_EMAIL),
        "tag_expiration_s": {"enum": list(TAG_EXPIRATIONS), "description": "Seconds."},
        "teams": _by_name(_NAME, _ref("team")),
        "robots": _by_name(_NAME, _ref("robot")),
        "repositories": _by_name(_PATH, _ref("repository")),
        "default_permissions": _list(_ref("default_permission")),
    }
    own = {*FLAGS, *PERSONAL_FIELDS, *PERSONAL_SECTIONS}
    is_personal = {"properties": {"personal": {"const": True}}}
    return {
        **_object(said),
        "if": {**is_personal, "required": ["personal"]},
        "then": {"properties": {name: False for name in said if name not in own}},
    }


def _team() -> Schema:
    return _object(
        {
            "role": _labels(TeamRole),
            "description": _text(MAX_TEAM_DESCRIPTION),
            "members": {**_list(_ref("account")), "uniqueItems": True},
        }
    )


def _robot() -> Schema:
    keeper = trusts.keeper()
    federation: Schema = {}
    if keeper is not None:
        keys = keeper.keys()
        federation["trusts"] = _list(_object({key: {} for key in keys}))
    return _object(
        {
            "description": _text(MAX_DESCRIPTION),
            "enabled": {**_FLAG, "description": "While off, no token of it works."},
            "expires_at": _or_null(_ref("moment")),
            "metadata": {"type": "object"},
            **federation,
        }
    )


def _repository() -> Schema:
    return _object(
        {
            "visibility": _labels(Visibility),
            "state": _labels(State),
            "mirror_robot": {
                "type": [*_UNQUOTED, "null"],
                **_NAME,
                "description": "The short name of a robot of the namespace.",
            },
            "description": _text(MAX_REPOSITORY_DESCRIPTION),
            "permissions": {
                "type": "object",
                "propertyNames": _ref("grantee"),
                "additionalProperties": _ref("grant"),
            },
        }
    )


def _grant() -> Schema:
    roles = [*Role.labels, NO_ROLE]
    some = {"role": {"enum": Role.labels}, "until": _or_null(_ref("moment"))}
    none = {"role": {"const": NO_ROLE}, "until": {"type": "null"}}
    return {
        "description": f"A role; {NO_ROLE} takes the permission away, with --prune.",
        "oneOf": [
            {"enum": roles},
            _object(some, required=["role"]),
            _object(none, required=["role"]),
        ],
    }


def _default_permission() -> Schema:
    return {
        "description": "What new repositories grant; `creator` limits it to those of"
        " one creator.",
        **_object(
            {
                "to": _ref("grantee"),
                "role": _labels(Role),
                "creator": _or_null(_ref("account")),
            },
            required=["to", "role"],
        ),
    }


def _moment() -> Schema:
    return {
        "type": "string",
        "pattern": f"^(?:{TIME})$",
        "description": "A time with its zone, like 2030-01-31T12:00:00Z.",
    }


def _name_of_somebody(description: str, **more: Any) -> Schema:
    length = {"minLength": 1, "maxLength": MAX_USERNAME}
    return {"type": _UNQUOTED, **length, **more, "description": description}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = required
    return {**made, "additionalProperties": False}


def _by_name(name: Schema, of: Schema) -> Schema:
    return {"type": "object", "propertyNames": name, "additionalProperties": of}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _labels(ladder: Any) -> Schema:
    return {"enum": list(ladder.labels)}


def _text(longest: int) -> Schema:
    return {"type": _UNQUOTED, "maxLength": longest}


def _or_null(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
