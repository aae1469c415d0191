"""One repository: show it, change it, delete it."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import RepositoryViewSet, no_content
from robots.api.bodies import Body, Choice, Text
from robots.api.errors import Missing
from robots.api.null import null, or_null
from robots.api.repository_views import Done, RepositoryReply, shown
from robots.api.rules import (
    REPOSITORY_ADMIN,
    REPOSITORY_READ,
    REPOSITORY_WRITE,
    Rule,
)
from robots.api.schema import query
from robots.lifecycle.repository_changes import (
    delete_repository,
    set_description,
    set_state,
    set_visibility,
)
from robots.models import Star
from robots.roles import Role, State, Visibility
from robots.text import MAX_REPOSITORY_DESCRIPTION

_DONE = {"success": True}


class DescriptionBody(Body):
    """What a repository is for."""

    description = Text(max_length=MAX_REPOSITORY_DESCRIPTION)


class VisibilityBody(Body):
    """Who may pull."""

    visibility = Choice(Visibility.labels)


class StateBody(Body):
    """Whether pushes are taken."""

    state = Choice(State.labels)


class OneRepositoryViewSet(RepositoryViewSet):
    """The repository that the path names."""

    access: ClassVar[dict[str, Rule]] = {
        "retrieve": REPOSITORY_READ,
        "update": REPOSITORY_WRITE,
        "destroy": REPOSITORY_ADMIN,
        "change_visibility": REPOSITORY_ADMIN,
        "change_state": REPOSITORY_ADMIN,
    }

    @extend_schema(
        operation_id="getRepo",
        parameters=[
            query("includeTags", bool, "Tell of tags; true by default."),
            query("includeStats", bool, "Tell how often it was used."),
        ],
        responses=RepositoryReply,
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a repository, and what the caller may do to it."""
        repository = self.repository
        user_id = self.caller.identity.id
        stars = Star.objects.filter(repository=repository, user=user_id or 0)
        item = {
            **shown(repository, is_starred=user_id is not None and stars.exists()),
            "can_write": self.has_role(Role.WRITE),
            "can_admin": self.has_role(Role.ADMIN),
        }
        if queries.flag(request, "includeTags", True):
            item["tags"] = {}
        if queries.flag(request, "includeStats"):
            item["stats"] = []
        return Response(item)

    @extend_schema(operation_id="updateRepo", request=DescriptionBody, responses=Done)
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Set the description."""
        description = self.body(DescriptionBody)["description"]
        set_description(self.repository, description, self.caller.performer)
        return Response(_DONE)

    @extend_schema(operation_id="deleteRepository", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete a repository with its permissions; its name is free at once."""
        delete_repository(self.repository, self.caller.performer)
        return no_content()

    @extend_schema(
        operation_id="changeRepoVisibility",
        request=VisibilityBody,
        responses={200: or_null(success="boolean")},
    )
    def change_visibility(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a repository public or private; null where there is none."""
        visibility = Visibility[self.body(VisibilityBody)["visibility"].upper()]
        try:
            repository = self.repository
        except Missing:
            return null()
        set_visibility(repository, visibility, self.caller.performer)
        return Response(_DONE)

    @extend_schema(operation_id="changeRepoState", request=StateBody, responses=Done)
    def change_state(self, request: Request, **kwargs: Any) -> Response:
        """Take pushes from anybody, nobody, or the mirror's robot."""
        state = State[self.body(StateBody)["state"]]
        set_state(self.repository, state, self.caller.performer)
        return Response(_DONE)
