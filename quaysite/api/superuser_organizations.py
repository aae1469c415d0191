"""Organizations, as site administrators see and change them."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Text
from robots.api.errors import Missing
from robots.api.formats import avatar_of
from robots.api.paging import searched_page
from robots.api.rules import SITE_ADMIN_FRESH, SITE_AUDIT, Rule
from robots.api.schema import SEARCHED_PAGE, Avatar
from robots.errors import NotFound
from robots.lifecycle.organizations import delete_organization
from robots.lifecycle.ownership import take_ownership
from robots.lifecycle.renames import rename_organization
from robots.lookup import namespace_named
from robots.models import Namespace, NamespaceKind

_Answer = TypeVar("_Answer")


class RenameBody(Body):
    """The new name; without one nothing changes."""

    name = Text(required=False)


class SiteOrganization(serializers.Serializer[Any]):
    """An organization in short."""

    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    avatar = Avatar()


class SiteOrganizationList(serializers.Serializer[Any]):
    """Some organizations, and where the next ones are."""

    organizations = SiteOrganization(many=True)
    next_page = serializers.CharField(required=False)


class OwnershipReply(serializers.Serializer[Any]):
    """What was taken over."""

    namespace = serializers.CharField()


class SiteOrganizationViewSet(ApiViewSet):
    """List, rename and delete any organization of the site."""

    access: ClassVar[dict[str, Rule]] = {
        "list": SITE_AUDIT,
        "update": SITE_ADMIN_FRESH,
        "destroy": SITE_ADMIN_FRESH,
    }

    @extend_schema(
        operation_id="listAllOrganizations",
        parameters=SEARCHED_PAGE,
        responses=SiteOrganizationList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the organizations of the site."""
        page = searched_page(_organizations(), request, ["name"], "name")
        return Response(
            {"organizations": [_shown(org) for org in page.items], **page.rest()}
        )

    @extend_schema(
        operation_id="changeOrganization",
        request=RenameBody,
        responses=SiteOrganization,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Rename an organization, and with it its robots and repositories.

        Images do not follow: the registry keeps them under the old name.
        """
        organization = self._organization()
        name = self.body(RenameBody).get("name")
        if name is not None:
            organization = _or_missing(
                lambda: rename_organization(organization, name, self.caller.performer)
            )
        return Response(_shown(organization))

    @extend_schema(operation_id="deleteOrganization", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete an organization and all that lives in it."""
        organization = self._organization()
        _or_missing(lambda: delete_organization(organization, self.caller.performer))
        return no_content()

    def _organization(self) -> Namespace:
        """The organization that the path names; Missing if there is none."""
        found = _or_missing(lambda: namespace_named(self.kwargs["orgname"]))
        if not found.is_organization:
            raise Missing
        return found


class OwnershipViewSet(ApiViewSet):
    """Take over what nobody else can administer any more."""

    access: ClassVar[dict[str, Rule]] = {"create": SITE_ADMIN_FRESH}

    @extend_schema(
        operation_id="takeOwnership", request=None, responses={200: OwnershipReply}
    )
    def create(self, request: Request, namespace: str) -> Response:
        """Join the owners of an organization; turn a person into one first.

        The person is deleted, the person's robots and repositories stay.
        """
        caller = self.caller
        found = _or_missing(lambda: namespace_named(namespace))
        _or_missing(lambda: take_ownership(found, caller.person, caller.performer))
        return Response({"namespace": found.name})


def _organizations() -> QuerySet[Namespace]:
    return Namespace.objects.filter(kind=NamespaceKind.ORGANIZATION)


def _or_missing(ask: Callable[[], _Answer]) -> _Answer:
    """What `ask` answers; Missing where there is no such namespace (any more)."""
    try:
        return ask()
    except NotFound:
        raise Missing from None


def _shown(organization: Namespace) -> dict[str, Any]:
    return {
        "name": organization.name,
        "email": organization.email,
        "avatar": avatar_of(organization),
    }
