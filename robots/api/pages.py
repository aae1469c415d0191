"""The API as pages for browsers: answers with links, and forms to call it with."""

from typing import Any
from urllib.parse import quote

from django.urls import Resolver404, resolve
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.utils.formatting import dedent, markup_description

from robots.api.errors import Aborted, ApiError, FrameworkError
from robots.errors import DomainError

_REFUSALS = (ApiError, Aborted, FrameworkError, DomainError)


class PageRenderer(BrowsableAPIRenderer):
    """DRF's pages, with forms only for what the caller may do."""

    template = "robots/api/page.html"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> str:
        """The page. Whoever could not be authenticated is shown it as nobody."""
        request = renderer_context["request"]
        try:
            request.user  # noqa: B018 - authenticates, as the page will
        except _REFUSALS:
            request.user = request.auth = None
        page: str = super().render(data, accepted_media_type, renderer_context)
        return page

    def show_form_for_method(
        self, view: Any, method: str, request: Request, obj: Any
    ) -> bool:
        """Whether the rule of the action lets the caller do it."""
        if method not in view.allowed_methods or view.action is None:
            return False
        try:
            view.rule(view.action).check(view)
        except _REFUSALS:
            return False
        return True

    def get_description(self, view: Any, status_code: int) -> Any:
        """What the action does, and who may call it."""
        if view.action is None:
            return ""
        text = dedent(getattr(view, view.action).__doc__ or "")
        return markup_description(f"{text}\n\nFor: {view.rule(view.action).summary}")

    def get_breadcrumbs(self, request: Request) -> list[tuple[str, str]]:
        """Each part of the path that can be read itself, by its own word."""
        words = request.path.strip("/").split("/")
        paths = ["/" + "/".join(words[: end + 1]) for end in range(len(words))]
        crumbs = zip(words, paths, strict=True)
        return [(word, quote(path)) for word, path in crumbs if _is_readable(path)]


def _is_readable(path: str) -> bool:
    """Whether there is a page at `path`, with or without a slash at its end."""
    for candidate in (path, f"{path}/"):
        try:
            found = resolve(candidate)
        except Resolver404:
            continue
        if "get" in getattr(found.func, "actions", {}):
            return True
    return False
