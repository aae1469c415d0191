"""`GET /api/v1/`: where to begin, for people who read the API in a browser."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet
from robots.api.listing import listed_namespaces
from robots.api.rules import ANYBODY, Rule, may_audit_site
from robots.identity import Identity
from robots.models import NamespaceKind

_MAX_ORGANIZATIONS = 20

_DOCUMENTS = {
    "reference": "/api/docs/",
    "reference_to_read": "/api/redoc/",
    "openapi": "/api/schema/",
    "discovery": "/api/v1/discovery",
}
_ANYBODYS = {"repositories": "/api/v1/find/repositories"}
_OWN = {
    "user": "/api/v1/user/",
    "robots": "/api/v1/user/robots",
    "application_tokens": "/api/v1/user/apptoken",
    "starred_repositories": "/api/v1/user/starred",
    "logs": "/api/v1/user/logs",
}
_OF_ORGANIZATION = {
    "organization": "/api/v1/organization/{name}",
    "robots": "/api/v1/organization/{name}/robots",
    "members": "/api/v1/organization/{name}/members",
    "default_permissions": "/api/v1/organization/{name}/prototypes",
    "applications": "/api/v1/organization/{name}/applications",
    "logs": "/api/v1/organization/{name}/logs",
}
_OF_SITE = {
    "users": "/api/v1/superuser/users/",
    "organizations": "/api/v1/superuser/organizations/",
    "logs": "/api/v1/superuser/logs",
}


class IndexViewSet(ApiViewSet):
    """Where to begin."""

    access: ClassVar[dict[str, Rule]] = {"list": ANYBODY}

    def get_view_name(self) -> str:
        return "Quaysite API"

    def list(self, request: Request) -> Response:
        """The main resources that you may use, as links."""
        identity = self.caller.identity
        shown: dict[str, Any] = {
            "documents": self._links(_DOCUMENTS),
            "search": self._links(_ANYBODYS),
        }
        if not identity.is_anonymous:
            shown["own"] = self._links(_OWN)
            shown["organizations"] = {
                name: self._links(_OF_ORGANIZATION, name)
                for name in _organizations(identity)
            }
        if may_audit_site(identity):
            shown["site"] = self._links(_OF_SITE)
        return Response(shown)

    def _links(self, paths: Mapping[str, str], name: str = "") -> dict[str, str]:
        absolute = self.request.build_absolute_uri
        return {key: absolute(path.format(name=name)) for key, path in paths.items()}


def _organizations(identity: Identity) -> list[str]:
    """The names of some organizations that the caller belongs to."""
    found = listed_namespaces(identity).filter(kind=NamespaceKind.ORGANIZATION)
    names = found.order_by("name").values_list("name", flat=True)
    return list(names[:_MAX_ORGANIZATIONS])
