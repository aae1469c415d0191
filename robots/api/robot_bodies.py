"""What may be said of a robot account: at its creation, and later."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request

from robots.api.bodies import (
    Body,
    Choice,
    Flag,
    JsonObject,
    StrictBody,
    Text,
    check,
    optional,
)
from robots.api.moments import Moment
from robots.lifecycle.robots import MAX_DESCRIPTION
from robots.roles import Role

MAX_GRANTS = 100
"""Permissions, and teams, that one creation may name."""


class FirstPermission(StrictBody):
    """A role on a repository of the robot's namespace."""

    repository = Text(help_text="The name without the namespace.")
    role = Choice(Role.labels)


class RobotBody(Body):
    """What a new robot may be given. All of it is stored, or nothing."""

    description = Text(required=False, max_length=MAX_DESCRIPTION)
    unstructured_metadata = JsonObject(required=False)
    permissions = serializers.ListField(
        child=FirstPermission(), required=False, max_length=MAX_GRANTS
    )
    teams = serializers.ListField(child=Text(), required=False, max_length=MAX_GRANTS)
    expires_at = Moment(required=False, allow_null=True)


class RobotChanges(StrictBody):
    """What may be changed; what is not named stays as it is."""

    description = Text(required=False, max_length=MAX_DESCRIPTION)
    unstructured_metadata = JsonObject(required=False, source="metadata")
    enabled = Flag(required=False)
    expires_at = Moment(required=False, allow_null=True)


def creation_body(request: Request) -> dict[str, Any]:
    """The body of a creation; one that is no JSON is none, as Quay has it.

    `permissions` are pairs of a repository's name and a Role.
    """
    try:
        body = optional(RobotBody, request)
    except (ParseError, UnsupportedMediaType):
        body = check(RobotBody, {})
    if "permissions" in body:
        body["permissions"] = [
            (item["repository"], Role.from_name(item["role"]))
            for item in body["permissions"]
        ]
    return body
