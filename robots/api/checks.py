"""A system check: nothing below `api/` is reached past a rule."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerView,
)
from rest_framework.views import APIView

from robots.api.base import ApiViewSet

_PREFIX = "api/"
_DOCUMENTS = (SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView)
"""What describes the API to everybody, and does nothing else."""


@register(Tags.urls)
def check_rules(**kwargs: Any) -> list[CheckMessage]:
    """Each view of the API is an ApiViewSet, and each of its actions has a rule."""
    return [
        Error(
            f"{path}: {fault}.",
            hint="Make it an ApiViewSet that names a rule for each action in `access`.",
            id="robots.E004",
        )
        for path, callback in _views(get_resolver().url_patterns)
        if path.startswith(_PREFIX) and (fault := _fault(callback))
    ]


def _views(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}".lstrip("^/")
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def _fault(callback: Any) -> str | None:
    """What is wrong with a view; None for views that are not of the framework."""
    view = getattr(callback, "cls", None)
    if view is None or not issubclass(view, APIView) or issubclass(view, _DOCUMENTS):
        return None
    if not issubclass(view, ApiViewSet):
        return f"{view.__name__} is not an ApiViewSet"
    actions = set((getattr(callback, "actions", None) or {}).values())
    if without := sorted(actions - view.access.keys()):
        return f"{view.__name__} has no rule for {', '.join(without)}"
    return None
