"""The people of an organization: in its teams, or with permissions only."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import no_content
from robots.api.errors import DataModelError, Missing
from robots.api.members import permissions_in
from robots.api.organization_member_views import (
    CollaboratorList,
    OrganizationMemberList,
    OrganizationMemberReply,
    collaborator_views,
    people_views,
    robot_view,
)
from robots.api.organization_scope import OrganizationScope, username_path
from robots.api.paging import Page, page_of
from robots.api.rules import NAMESPACE_ADMIN, NAMESPACE_AUDIT, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.errors import DomainError
from robots.lifecycle.organization_members import remove_person_from_organization
from robots.models import TeamMember

_LIMIT = "If specified, the number of people to return."
_PARAMETERS = [
    query("limit", int, _LIMIT),
    NEXT_PAGE,
    query("q", str, "A part of the name."),
]

People = QuerySet[AbstractBaseUser]


class PeopleScope(OrganizationScope):
    """A view of an organization's people."""

    def people(self, which: Exists | Q) -> People:
        """The people for whom `which` holds."""
        everybody: People = get_user_model()._default_manager.all()
        return everybody.filter(which)

    def in_teams(self) -> Exists:
        """Holds for people in any team of the organization."""
        members = TeamMember.objects.filter(namespace=self.namespace)
        return Exists(members.filter(user=OuterRef("pk")))

    def page(self, request: Request, people: People) -> Page:
        """The page of `people` that `request` asks for, by name."""
        limit = queries.positive(request, "limit", _LIMIT)
        if wanted := queries.text(request, "q"):
            people = people.filter(**{f"{username_path()}__icontains": wanted})
        return page_of(people, request, limit, username_path())


class OrganizationMemberViewSet(PeopleScope):
    """List, show and remove members."""

    access: ClassVar[dict[str, Rule]] = {
        "list": NAMESPACE_AUDIT,
        "retrieve": NAMESPACE_AUDIT,
        "destroy": NAMESPACE_ADMIN,
    }

    @extend_schema(
        operation_id="getOrganizationMembers",
        parameters=_PARAMETERS,
        responses=OrganizationMemberList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the people in any team, with their teams and direct permissions."""
        page = self.page(request, self.people(self.in_teams()))
        shown = people_views(self.namespace, page.items)
        return Response({"members": shown, **page.rest()})

    @extend_schema(
        operation_id="getOrganizationMember", responses=OrganizationMemberReply
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a person in any team, or any robot of the organization."""
        name = self.kwargs["membername"]
        if robot := self.robot_named(name):
            return Response(robot_view(robot))
        person = self.person_named(name)
        if person is None:
            raise Missing
        found = list(self.people(Q(pk=person.pk) & Q(self.in_teams())))
        if not found:
            raise Missing
        return Response(people_views(self.namespace, found)[0])

    @extend_schema(operation_id="removeOrganizationMember", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Remove a person: from every team, and from every repository."""
        person = self.person_named(self.kwargs["membername"])
        if person is None:
            raise Missing
        try:
            remove_person_from_organization(
                self.namespace, person, self.caller.performer
            )
        except DomainError as error:
            raise DataModelError(error.message) from None
        return no_content()


class CollaboratorViewSet(PeopleScope):
    """People with permissions on repositories, who are in no team."""

    access: ClassVar[dict[str, Rule]] = {"list": NAMESPACE_AUDIT}

    @extend_schema(
        operation_id="getOrganizationCollaborators",
        parameters=_PARAMETERS,
        responses=CollaboratorList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the people in no team who have permissions on repositories."""
        permitted = permissions_in(self.namespace).filter(user=OuterRef("pk"))
        people = self.people(Exists(permitted)).exclude(self.in_teams())
        page = self.page(request, people)
        shown = collaborator_views(self.namespace, page.items)
        return Response({"collaborators": shown, **page.rest()})
