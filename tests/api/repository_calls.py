"""Calls about repositories: where, and what they are refused with."""

from tests.api.shapes import shape_a

ALL = "/api/v1/repository"
WEB = f"{ALL}/acme/web"
PUBLIC = {"visibility": "public"}
NOT_FOUND = shape_a("not_found", "Not Found", 404)


def refused(message: str) -> dict[str, object]:
    return shape_a("invalid_request", message, 400)
