"""System checks: nothing of the API is reached past a rule, or without a Credential."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerView,
)
from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from robots.api.base import ApiViewSet

_API = "robots.api.urls"
"""Where this is mounted, everything below is the API's; the rest is the project's."""

_DOCUMENTS = (SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView)
"""What describes the API to everybody, and does nothing else."""


@register(Tags.urls)
def check_rules(**kwargs: Any) -> list[CheckMessage]:
    """Each view of the API is an ApiViewSet, and each of its actions has a rule."""
    patterns = get_resolver().url_patterns
    mounts = tuple(_mounts(patterns))
    return [
        Error(
            f"{path}: {fault}.",
            hint="Make it an ApiViewSet that names a rule for each action in `access`.",
            id="robots.E004",
        )
        for path, callback in _views(patterns)
        if path.startswith(mounts) and (fault := _fault(callback))
    ]


@register(Tags.urls)
def check_authentication(**kwargs: Any) -> list[CheckMessage]:
    """What authenticates callers of the API says how it did; the framework's own do
    not, and every request of theirs would fail.
    """
    if not any(_mounts(get_resolver().url_patterns)):
        return []
    kinds: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # Names, to the stubs.
    return [
        Error(
            f"{kind.__module__}.{kind.__name__} leaves no Credential.",
            hint="Name robots.api.authentication.SessionAuthentication and"
            " registryauth.api_authentication.BearerAuthentication in"
            " DEFAULT_AUTHENTICATION_CLASSES of REST_FRAMEWORK.",
            id="robots.E012",
        )
        for kind in kinds
        if kind.__module__ == BaseAuthentication.__module__
    ]


def _mounts(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[str]:
    """The paths below which the API is mounted."""
    for pattern in patterns:
        path = _joined(prefix, pattern)
        if not isinstance(pattern, URLResolver):
            continue
        if getattr(pattern.urlconf_name, "__name__", "") == _API:
            yield path
        else:
            yield from _mounts(pattern.url_patterns, path)


def _views(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = _joined(prefix, pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def _joined(prefix: str, pattern: URLPattern | URLResolver) -> str:
    return f"{prefix}{pattern.pattern}".lstrip("^/")


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
