"""The answer `null`: Quay's to some changes of what is not there."""

from typing import Any

from django.http import HttpResponse


def null() -> HttpResponse:
    """200, with the JSON text `null`, which the renderer of DRF would leave out."""
    return HttpResponse("null", content_type="application/json")


def or_null(**types: str) -> dict[str, Any]:
    """The OpenAPI schema of an object with keys of these types, or null."""
    return {
        "type": ["object", "null"],
        "properties": {name: {"type": kind} for name, kind in types.items()},
        "required": list(types),
    }
