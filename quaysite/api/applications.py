"""OAuth applications of an organization, and what anybody may know of one."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.lifecycle.applications import (
    Details,
    client_secret_of,
    create_application,
    delete_application,
    read_client_secret,
    read_client_secrets,
    reset_client_secret,
    update_application,
)
from quaysite.models import Application
from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Text
from robots.api.errors import Missing
from robots.api.formats import avatar
from robots.api.organization_scope import OrganizationScope
from robots.api.organization_views import OrganizationReply, organization_view
from robots.api.paging import searched_page
from robots.api.rules import ANYBODY, NAMESPACE_ADMIN, NAMESPACE_AUDIT, Rule
from robots.api.schema import SEARCHED_PAGE, Avatar
from robots.credentials import Secret
from robots.models import Namespace
from robots.origin import client_address
from robots.password_hashing import turns
from robots.standing import standing_in
from robots.text import is_storable

_MAX_URI = 2048
_MAX_DESCRIPTION = 10_000


class NewApplicationBody(Body):
    """What an organization says of a new application."""

    name = Text(allow_blank=False, max_length=255)
    application_uri = Text(required=False, max_length=_MAX_URI)
    redirect_uri = Text(required=False, max_length=_MAX_URI)
    description = Text(required=False, max_length=_MAX_DESCRIPTION)
    avatar_email = Text(required=False, max_length=255)


class ApplicationBody(NewApplicationBody):
    """What it says from now on; an absent description or e-mail address is kept."""

    application_uri = Text(max_length=_MAX_URI)
    redirect_uri = Text(max_length=_MAX_URI)


class ApplicationReply(serializers.Serializer[Any]):
    """An application. The secret is empty for who does not administer it."""

    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    application_uri = serializers.CharField(allow_blank=True)
    client_id = serializers.CharField()
    client_secret = serializers.CharField(allow_blank=True)
    redirect_uri = serializers.CharField(allow_blank=True)
    avatar_email = serializers.CharField(allow_blank=True)


class ApplicationList(serializers.Serializer[Any]):
    """The applications of one organization."""

    applications = ApplicationReply(many=True)
    next_page = serializers.CharField(required=False)


class ApplicationInformation(serializers.Serializer[Any]):
    """What anybody may know of an application."""

    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    uri = serializers.CharField(allow_blank=True)
    avatar = Avatar()
    organization = OrganizationReply()


class ApplicationScope(OrganizationScope):
    """A view below one organization's applications."""

    def application(self) -> Application:
        """The one that the path names; Missing if this organization has none such."""
        client_id = self.kwargs["client_id"]
        if not is_storable(client_id):
            raise Missing
        found: Application | None = Application.objects.filter(
            organization=self.namespace, client_id=client_id
        ).first()
        if found is None:
            raise Missing
        found.organization = self.namespace
        return found


class ApplicationViewSet(ApplicationScope):
    """List, register, show, change, delete applications, and replace their secrets."""

    access: ClassVar[dict[str, Rule]] = {
        "list": NAMESPACE_AUDIT,
        "retrieve": NAMESPACE_AUDIT,
        "create": NAMESPACE_ADMIN,
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN,
        "reset": NAMESPACE_ADMIN,
    }

    @extend_schema(
        operation_id="getOrganizationApplications",
        parameters=SEARCHED_PAGE,
        responses=ApplicationList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the applications of the organization."""
        rows = Application.objects.filter(organization=self.namespace)
        page = searched_page(rows, request, ["name"], "id")
        by, secrets = self.caller.performer, dict[str, Secret]()
        if self.is_admin:
            secrets = read_client_secrets(self.namespace, page.items, by)
        shown = [_view(row, secrets.get(row.client_id)) for row in page.items]
        return Response({"applications": shown, **page.rest()})

    @extend_schema(
        operation_id="createOrganizationApplication",
        request=NewApplicationBody,
        responses={200: ApplicationReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Register an application. Several may have the same name."""
        details = Details(**self.body(NewApplicationBody))
        with turns.place(client_address(request._request)):
            made = create_application(self.namespace, details, self.caller.performer)
        return Response(_view(made, client_secret_of(made)))

    @extend_schema(
        operation_id="getOrganizationApplication", responses=ApplicationReply
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show an application; its secret too, to who administers the organization."""
        return Response(self._read(self.application()))

    @extend_schema(
        operation_id="updateOrganizationApplication",
        request=ApplicationBody,
        responses=ApplicationReply,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Change what is said of an application; its id and secret stay."""
        application = self.application()
        details = Details(**self.body(ApplicationBody))
        by = self.caller.performer
        return Response(self._read(update_application(application, details, by)))

    @extend_schema(operation_id="deleteOrganizationApplication", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete an application with every token that was given to it."""
        delete_application(self.application(), self.caller.performer)
        return no_content()

    @extend_schema(
        operation_id="resetOrganizationApplicationClientSecret",
        request=None,
        responses=ApplicationReply,
    )
    def reset(self, request: Request, **kwargs: Any) -> Response:
        """Replace the client secret; the one before stops working at once."""
        application = self.application()
        with turns.place(client_address(request._request)):
            changed = reset_client_secret(application, self.caller.performer)
        return Response(_view(changed, client_secret_of(changed)))

    def _read(self, application: Application) -> dict[str, Any]:
        """The application; that its secret was shown is an audit event."""
        if not self.is_admin:
            return _view(application, None)
        by = self.caller.performer
        return _view(application, read_client_secret(application, by))


def _view(application: Application, secret: Secret | None) -> dict[str, Any]:
    return {
        "name": application.name,
        "description": application.description,
        "application_uri": application.application_uri,
        "client_id": application.client_id,
        "client_secret": secret.reveal() if secret else "",
        "redirect_uri": application.redirect_uris,
        "avatar_email": application.avatar_email,
    }


class ApplicationInformationViewSet(ApiViewSet):
    """What a person may read before agreeing to anything."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": ANYBODY}

    @extend_schema(
        operation_id="getApplicationInformation", responses=ApplicationInformation
    )
    def retrieve(self, request: Request, client_id: str) -> Response:
        """Show an application and its organization to anybody."""
        if not is_storable(client_id):
            raise Missing
        rows = Application.objects.select_related("organization")
        application = rows.filter(client_id=client_id).first()
        if application is None or application.organization is None:
            raise Missing
        return Response(self._shown(application, application.organization))

    def _shown(
        self, application: Application, organization: Namespace
    ) -> dict[str, Any]:
        standing = standing_in(self.caller.identity, organization.name)
        if standing is None:  # Deleted meanwhile.
            raise Missing
        view = organization_view(standing.namespace, standing, with_teams=False)
        return {
            "name": application.name,
            "description": application.description,
            "uri": application.application_uri,
            "avatar": avatar(application.name, "app", application.avatar_email),
            "organization": view,
        }
