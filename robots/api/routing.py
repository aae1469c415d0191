"""Paths of the API: the same with a slash at the end and without (contract 1.10)."""

from collections.abc import Mapping

from django.urls import URLPattern, path, register_converter

from robots.api.base import ApiViewSet


class RepositoryPath:
    """`namespace/name`, where the name may hold more slashes, but ends in none."""

    regex = "[^/]+(?:/[^/]+)+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RepositoryPath, "repository")


def route(
    pattern: str,
    view: type[ApiViewSet],
    actions: Mapping[str, str],
    name: str | None = None,
) -> list[URLPattern]:
    """The pattern as documented, and its twin, which the OpenAPI document omits."""
    twin = pattern.rstrip("/") if pattern.endswith("/") else f"{pattern}/"
    return [
        path(pattern, view.as_view(actions), name=name),
        path(twin, view.as_view(actions, schema=None)),
    ]
