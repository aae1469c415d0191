"""Organizations: anybody may look, people make them, their administrators rule."""

from typing import Any, ClassVar, NoReturn

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Flag, Text, WholeNumber
from robots.api.errors import Missing
from robots.api.organization_scope import OrganizationScope
from robots.api.organization_views import OrganizationReply, organization_view
from robots.api.rules import (
    ANYBODY,
    NAMESPACE_ADMIN,
    NAMESPACE_ADMIN_FRESH,
    USER_ADMIN,
    Rule,
)
from robots.lifecycle.organizations import (
    TAG_EXPIRATIONS,
    create_organization,
    delete_organization,
    update_organization,
)
from robots.models import Namespace


class NewOrganization(Body):
    """What a new organization is called, and where it can be reached."""

    name = Text()
    email = Text(required=False)
    contact_email = Text(required=False, help_text="In place of `email`.")
    recaptcha_response = Text(required=False, help_text="Not looked at.")


class OrganizationChanges(Body):
    """What is to be changed; what is left out stays as it is."""

    email = Text(required=False)
    contact_email = Text(required=False, help_text="In place of `email`.")
    invoice_email = Flag(required=False)
    invoice_email_address = Text(required=False, allow_null=True)
    tag_expiration_s = WholeNumber(
        required=False, help_text=f"One of {', '.join(map(str, TAG_EXPIRATIONS))}."
    )


class OrganizationCreation(ApiViewSet):
    """Create organizations."""

    access: ClassVar[dict[str, Rule]] = {"create": USER_ADMIN}

    @extend_schema(
        operation_id="createOrganization",
        request=NewOrganization,
        responses={201: OpenApiTypes.STR},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create an organization; the caller is the first of its owners."""
        body = self.body(NewOrganization)
        create_organization(
            body["name"],
            self.caller.performer,
            self.caller.person,
            body.get("contact_email", body.get("email", "")),
        )
        return Response("Created", status=201)


class OrganizationViewSet(OrganizationScope):
    """Show, change and delete one organization."""

    access: ClassVar[dict[str, Rule]] = {
        "retrieve": ANYBODY,
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN_FRESH,
    }

    def no_namespace(self) -> NoReturn:
        """Anybody may look, so anybody may know that there is none."""
        if self.action == "retrieve":
            raise Missing
        super().no_namespace()

    @extend_schema(operation_id="getOrganization", responses=OrganizationReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show an organization: its teams to members, the rest to administrators."""
        return Response(self._shown(self.namespace))

    @extend_schema(
        operation_id="changeOrganizationDetails",
        request=OrganizationChanges,
        responses=OrganizationReply,
    )
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Change addresses, or how long clients keep deleted tags."""
        changes = self.body(OrganizationChanges)
        if "contact_email" in changes:
            changes["email"] = changes.pop("contact_email")
        if "invoice_email_address" in changes:
            changes["invoice_email_address"] = changes["invoice_email_address"] or ""
        changed = update_organization(self.namespace, changes, self.caller.performer)
        return Response(self._shown(changed))

    @extend_schema(operation_id="deleteAdminedOrganization", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Delete an organization with all its robots, repositories and teams."""
        delete_organization(self.namespace, self.caller.performer)
        return no_content()

    def _shown(self, namespace: Namespace) -> dict[str, Any]:
        return organization_view(
            namespace, self.standing, user_id=self.caller.identity.id
        )
