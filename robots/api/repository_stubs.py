"""What Quay has for a repository and Quaysite has not: answered as where unused.

Only the registry knows tags; nothing here prunes or mirrors, or forbids changing them.
"""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import RepositoryViewSet
from robots.api.errors import Missing
from robots.api.repository_views import PolicyList, TagPage
from robots.api.rules import (
    REPOSITORY_ADMIN,
    REPOSITORY_AUDIT,
    REPOSITORY_READ,
    Rule,
)

_ONLY_ERRORS: dict[int, Any] = {}


class TagViewSet(RepositoryViewSet):
    """Tags: none are known here."""

    access: ClassVar[dict[str, Rule]] = {"list": REPOSITORY_READ}

    @extend_schema(operation_id="listRepoTags", responses=TagPage)
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the repository's tags, of which none are known here."""
        _ = self.repository  # Missing if there is none.
        return Response({"tags": [], "page": 1, "has_additional": False})


class RepositoryPolicyViewSet(RepositoryViewSet):
    """Policies about tags: there are none, and none can be made."""

    access: ClassVar[dict[str, Rule]] = {
        "list": REPOSITORY_AUDIT,
        "retrieve": REPOSITORY_AUDIT,
        "refuse": REPOSITORY_ADMIN,
    }

    @extend_schema(responses=PolicyList)
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the repository's policies, of which there are none."""
        _ = self.repository  # Missing if there is none.
        return Response({"policies": []})

    @extend_schema(responses=_ONLY_ERRORS)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there is no such policy."""
        raise Missing

    @extend_schema(request=None, responses=_ONLY_ERRORS)
    def refuse(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there is no policy, and none can be made."""
        raise Missing


@extend_schema_view(list=extend_schema(operation_id="listRepositoryAutoPrunePolicies"))
class RepositoryPruningViewSet(RepositoryPolicyViewSet):
    """Policies that would delete tags."""


@extend_schema_view(
    list=extend_schema(operation_id="listRepositoryImmutabilityPolicies")
)
class RepositoryImmutabilityViewSet(RepositoryPolicyViewSet):
    """Policies that would keep tags from changing."""


class RepositoryMirrorViewSet(RepositoryViewSet):
    """The mirror of a repository: nothing is mirrored from here."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": REPOSITORY_AUDIT}

    @extend_schema(operation_id="getRepoMirrorConfig", responses=_ONLY_ERRORS)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: no mirror is set up."""
        raise Missing
