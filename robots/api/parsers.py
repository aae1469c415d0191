"""JSON bodies: strict, bounded, and nothing in them that cannot be stored."""

from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import JSONParser

from robots.api.errors import ApiError
from robots.text import check_storable

MAX_BODY = 1_048_576
"""Bytes of a body (contract 1.2)."""


class StrictJSONParser(JSONParser):
    """Raises ParseError for what is no JSON, ApiError for what is too large or deep."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The decoded body; DomainError if a text in it cannot be stored."""
        length = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if length > MAX_BODY:
            raise ApiError(f"The JSON body is larger than {MAX_BODY} bytes")
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ApiError("The JSON body is nested too deeply") from None
        check_storable("body", data)
        return data
