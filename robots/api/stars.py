"""Stars: the repositories that the caller keeps at hand (contract 1.10)."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots import conf
from robots.access import visible_repositories
from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Text
from robots.api.null import null, or_null
from robots.api.paging import searched_page
from robots.api.repositories import BY_NAME, PER_PAGE
from robots.api.repository_views import StarredList, starred
from robots.api.rules import USER_ADMIN, USER_READ, Rule
from robots.api.schema import SEARCHED_PAGE
from robots.errors import NotFound
from robots.lifecycle.stars import add_star, remove_star
from robots.models import Star
from robots.names import parse_repository_name


class StarBody(Body):
    """The repository to star."""

    namespace = Text()
    repository = Text()


class StarViewSet(ApiViewSet):
    """The caller's own stars. What the caller may not pull (any more) does not show."""

    access: ClassVar[dict[str, Rule]] = {
        "list": USER_READ,
        "create": USER_ADMIN,
        "destroy": USER_ADMIN,
    }

    @extend_schema(
        operation_id="listStarredRepos", parameters=SEARCHED_PAGE, responses=StarredList
    )
    def list(self, request: Request) -> Response:
        """List the repositories that the caller starred."""
        identity = self.caller.identity
        own = Star.objects.filter(repository=OuterRef("pk"), user=identity.id)
        seen = visible_repositories(identity, timezone.now()).filter(Exists(own))
        rows = seen.select_related("namespace")
        names = ["name", "namespace__name"]
        page = searched_page(rows, request, names, *BY_NAME, size=PER_PAGE)
        return Response({"repositories": [*map(starred, page.items)], **page.rest()})

    @extend_schema(
        operation_id="createStar",
        request=StarBody,
        responses={
            201: StarBody,
            200: or_null(namespace="string", repository="string"),
        },
    )
    def create(self, request: Request) -> HttpResponse:
        """Star a repository; null where the caller sees none of that name."""
        body = self.body(StarBody)
        seen = visible_repositories(self.caller.identity, timezone.now())
        repository = (
            seen.filter(namespace__name=body["namespace"], name=body["repository"])
            .select_related("namespace")
            .first()
        )
        if repository is None:
            return null()
        try:
            add_star(self.caller.person, repository)
        except NotFound:
            return null()
        return Response(body, status=201)

    @extend_schema(operation_id="deleteStar", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take a star off, whether or not there is one."""
        name = parse_repository_name(
            self.kwargs["repository"], conf.library_namespace()
        )
        if name is not None:
            remove_star(self.caller.person, name.namespace, name.name)
        return no_content()
