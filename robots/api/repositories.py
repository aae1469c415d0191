"""Repositories: list those that the caller sees, and create one."""

from typing import ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.access import visible_repositories
from robots.api import queries
from robots.api.base import ApiViewSet
from robots.api.bodies import Body, Choice, Text
from robots.api.errors import ApiError, Forbidden, RequiresAuthentication
from robots.api.paging import page_of
from robots.api.repository_views import (
    KIND,
    NewRepository,
    RepositoryList,
    listed,
)
from robots.api.rules import ANYBODY, REPOSITORY_CREATE, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.lifecycle.repositories import create_repository
from robots.models import Namespace, Repository, Star
from robots.names import is_repository_name
from robots.roles import Visibility
from robots.standing import own_standing, standing_in
from robots.text import MAX_REPOSITORY_DESCRIPTION

PER_PAGE = 100

BY_NAME = ("namespace_id", "name")
"""The order of lists: an index has it, so that every page costs the same."""

_UNBOUNDED = "namespace, starred or public are required for this API call"


class NewRepositoryBody(Body):
    """What a repository is created with; in the caller's own namespace by default."""

    repository = Text()
    visibility = Choice(Visibility.labels)
    description = Text(max_length=MAX_REPOSITORY_DESCRIPTION)
    namespace = Text(required=False)
    repo_kind = Choice([KIND], required=False, allow_null=True)


class RepositoriesViewSet(ApiViewSet):
    """Every repository that the caller may pull, or may create."""

    access: ClassVar[dict[str, Rule]] = {"list": ANYBODY, "create": REPOSITORY_CREATE}

    @extend_schema(
        operation_id="listRepos",
        parameters=[
            query("namespace", str, "Those in this namespace."),
            query("starred", bool, "Those that the caller starred."),
            query("public", bool, "All that the caller sees, public ones too."),
            query("last_modified", bool, "Tell when each was last pushed to."),
            query("popularity", bool, "Tell how often each is used."),
            query("repo_kind", str, "Only those of this kind; image is the only one."),
            query("q", str, "A part of the name or of the description."),
            NEXT_PAGE,
        ],
        responses=RepositoryList,
    )
    def list(self, request: Request) -> Response:
        """List repositories; one of namespace, starred and public has to be given."""
        page = page_of(self._wanted(request), request, PER_PAGE, *BY_NAME)
        items = [listed(repository) for repository in page.items]
        for repository, item in zip(page.items, items, strict=True):
            if self.caller.user is not None:
                item["is_starred"] = repository.is_starred
            if queries.flag(request, "last_modified"):
                item["last_modified"] = None
            if queries.flag(request, "popularity"):
                item["popularity"] = 0.0
        return Response({"repositories": items, **page.rest()})

    @extend_schema(
        operation_id="createRepo",
        request=NewRepositoryBody,
        responses={201: NewRepository},
    )
    def create(self, request: Request) -> Response:
        """Create a repository. Its creator is its admin."""
        body = self.body(NewRepositoryBody)
        identity = self.caller.identity
        namespace = self._open_namespace(body.get("namespace"))
        if not is_repository_name(body["repository"]):
            raise ApiError("Invalid repository name")
        repository = create_repository(
            namespace,
            body["repository"],
            self.caller.performer,
            visibility=Visibility[body["visibility"].upper()],
            description=body["description"],
            creator=identity,
        )
        shown = {"namespace": namespace.name, "name": repository.name, "kind": KIND}
        return Response(shown, status=201)

    def _open_namespace(self, name: str | None) -> Namespace:
        """The namespace, the caller's own for None, if the caller may create there;
        else Forbidden.
        """
        identity = self.caller.identity
        standing = (
            own_standing(identity) if name is None else standing_in(identity, name)
        )
        if standing is None or not standing.is_creator:
            raise Forbidden
        if not standing.namespace.enabled:
            raise Forbidden
        return standing.namespace

    def _wanted(self, request: Request) -> QuerySet[Repository]:
        namespace = queries.text(request, "namespace")
        only_starred = queries.flag(request, "starred")
        if not (namespace or only_starred or queries.flag(request, "public")):
            raise ApiError(_UNBOUNDED)
        if only_starred and self.caller.user is None:
            raise RequiresAuthentication
        seen = visible_repositories(self.caller.identity, timezone.now())
        if namespace:
            # As a value: joined by its name, all repositories would be read.
            named = Namespace.objects.filter(name=namespace).values("pk")
            seen = seen.filter(namespace_id=Subquery(named))
        if request.query_params.get("repo_kind", KIND) != KIND:
            seen = seen.none()
        if wanted := queries.text(request, "q"):
            seen = seen.filter(
                Q(name__icontains=wanted) | Q(description__icontains=wanted)
            )
        return self._with_stars(seen, only_starred).select_related("namespace")

    def _with_stars(
        self, repositories: QuerySet[Repository], only: bool
    ) -> QuerySet[Repository]:
        own = Star.objects.filter(
            repository=OuterRef("pk"), user=self.caller.identity.id or 0
        )
        if only:
            repositories = repositories.filter(Exists(own))
        return repositories.annotate(is_starred=Exists(own))
