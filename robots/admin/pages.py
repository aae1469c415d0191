"""Pages of our own on the admin site, each about one row."""

from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.generic import TemplateView

from robots.admin.owned import OwnedAdmin
from robots.admin.shell import Shell


class RowPage(TemplateView):
    """A page about `row`, which the address names; 404 to who does not see it.

    With `for_administrators` it is 403 to who sees the row but may not change it.
    A subclass names its `title`, its template, and how its `shell` looks.
    """

    model_admin: OwnedAdmin = None  # type: ignore[assignment]  # as_view sets it
    title: ClassVar[str] = ""
    for_administrators: ClassVar[bool] = True

    row: Any

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        row = self.model_admin.get_object(request, unquote(kwargs["object_id"]))
        if row is None or not self.model_admin.has_view_permission(request, row):
            raise Http404
        self.row = row
        if self.for_administrators and not self.may_change:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def may_change(self) -> bool:
        """Whether who looks at the row may change it too."""
        return self.model_admin.has_change_permission(self.request, self.row)

    def shell(self) -> Shell | None:
        """What stands above the page."""
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **self.model_admin.admin_site.each_context(self.request),
            "title": self.title,
            "row": self.row,
            "shell": self.shell(),
            "may_change": self.may_change,
        }


def row_path(
    model_admin: OwnedAdmin, route: str, page: type[RowPage], name: str
) -> URLPattern:
    """`<key>/route/`, named `admin:<app>_<model>_<name>`, for `get_urls`."""
    opts = model_admin.model._meta
    view = model_admin.admin_site.admin_view(page.as_view(model_admin=model_admin))
    return path(
        f"<path:object_id>/{route}/",
        view,
        name=f"{opts.app_label}_{opts.model_name}_{name}",
    )
