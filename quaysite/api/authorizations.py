"""What a person has granted to applications, and what was offered to the person."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.application_tokens import uuid_of
from quaysite.lifecycle.applications import decline_offer
from quaysite.lifecycle.oauth_tokens import revoke_token
from quaysite.models import AccessToken, Application, Assignment
from robots.api.base import ApiViewSet, no_content
from robots.api.errors import Missing
from robots.api.formats import avatar, avatar_of
from robots.api.paging import searched_page
from robots.api.rules import USER_ADMIN, Rule
from robots.api.schema import SEARCHED_PAGE, Avatar
from robots.models import Namespace
from robots.oauth_scopes import DESCRIPTIONS, OAuthScope, parse

_DANGEROUS = {OAuthScope.REPO_ADMIN, OAuthScope.ORG_ADMIN, OAuthScope.SUPER_USER}
_DANGEROUS |= {OAuthScope.USER_ADMIN}


class ApplicationOrganization(serializers.Serializer[Any]):
    """The organization of an application; the site's own have none."""

    name = serializers.CharField(allow_blank=True)
    avatar = Avatar()


class AuthorizedApplication(serializers.Serializer[Any]):
    """An application that may act for the caller, or asks to."""

    name = serializers.CharField(allow_blank=True)
    clientId = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    avatar = Avatar()
    organization = ApplicationOrganization()


class GrantedScope(serializers.Serializer[Any]):
    """A scope, and what it means."""

    scope = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    dangerous = serializers.BooleanField()


class Authorization(serializers.Serializer[Any]):
    """A token that acts for the caller."""

    application = AuthorizedApplication()
    scopes = GrantedScope(many=True)
    uuid = serializers.CharField()


class AuthorizationList(serializers.Serializer[Any]):
    """Every token that acts for the caller."""

    authorizations = Authorization(many=True)
    next_page = serializers.CharField(required=False)


class AssignedAuthorization(Authorization):
    """A token that the caller may pick up."""

    redirectUri = serializers.CharField()
    responseType = serializers.CharField()


class AssignedAuthorizationList(serializers.Serializer[Any]):
    """Every token that the caller may pick up."""

    authorizations = AssignedAuthorization(many=True)
    next_page = serializers.CharField(required=False)


class AuthorizationViewSet(ApiViewSet):
    """The tokens that act for the caller; to revoke one ends it at once."""

    access: ClassVar[dict[str, Rule]] = {
        "list": USER_ADMIN,
        "retrieve": USER_ADMIN,
        "destroy": USER_ADMIN,
    }

    @extend_schema(
        operation_id="listUserAuthorizations",
        parameters=SEARCHED_PAGE,
        responses=AuthorizationList,
    )
    def list(self, request: Request) -> Response:
        """List what the caller has authorized and has not ended."""
        page = searched_page(self._own(), request, ["application__name"], "id")
        shown = [_granted(token) for token in page.items]
        return Response({"authorizations": shown, **page.rest()})

    @extend_schema(operation_id="getUserAuthorization", responses=Authorization)
    def retrieve(self, request: Request, token_uuid: str) -> Response:
        """Show one of them."""
        return Response(_granted(self._token(token_uuid)))

    @extend_schema(operation_id="deleteUserAuthorization", responses={204: None})
    def destroy(self, request: Request, token_uuid: str) -> HttpResponse:
        """Revoke one of them."""
        if not revoke_token(self._token(token_uuid), self.caller.performer):
            raise Missing
        return no_content()

    def _own(self) -> QuerySet[AccessToken]:
        renewable = Q(refresh_token__isnull=False, refresh_token__revoked=None)
        tokens: QuerySet[AccessToken] = AccessToken.objects.filter(
            Q(expires__gt=timezone.now()) | renewable,
            user_id=self.caller.person.pk,
            application__isnull=False,
        )
        return tokens.select_related("application__organization").order_by("id")

    def _token(self, token_uuid: str) -> AccessToken:
        token = self._own().filter(uuid=uuid_of(token_uuid)).first()
        if token is None:
            raise Missing
        return token


class AssignedAuthorizationViewSet(ApiViewSet):
    """The offers that administrators made the caller, until they are picked up."""

    access: ClassVar[dict[str, Rule]] = {"list": USER_ADMIN, "destroy": USER_ADMIN}

    @extend_schema(
        operation_id="listAssignedAuthorizations",
        parameters=SEARCHED_PAGE,
        responses=AssignedAuthorizationList,
    )
    def list(self, request: Request) -> Response:
        """List the offers; `/oauth/authorize` picks one up."""
        offers = self._own().select_related("application__organization")
        page = searched_page(offers, request, ["application__name"], "id")
        shown = [_offered(offer) for offer in page.items]
        return Response({"authorizations": shown, **page.rest()})

    @extend_schema(operation_id="deleteAssignedAuthorization", responses={204: None})
    def destroy(self, request: Request, assigned_uuid: str) -> HttpResponse:
        """Decline an offer."""
        offer = self._own().filter(uuid=uuid_of(assigned_uuid)).first()
        if offer is None:
            raise Missing
        decline_offer(offer, self.caller.performer)
        return no_content()

    def _own(self) -> QuerySet[Assignment]:
        return Assignment.objects.filter(
            user_id=self.caller.person.pk, application__organization__isnull=False
        )


def _granted(token: AccessToken) -> dict[str, Any]:
    return {
        "application": _application(token.application),
        "scopes": _scopes(token.scope),
        "uuid": str(token.uuid),
    }


def _offered(offer: Assignment) -> dict[str, Any]:
    return {
        "application": _application(offer.application),
        "scopes": _scopes(offer.scope),
        "uuid": str(offer.uuid),
        "redirectUri": offer.redirect_uri,
        "responseType": offer.response_type,
    }


def _application(application: Application | None) -> dict[str, Any]:
    """An application of the site itself shows an organization without a name."""
    if application is None:
        raise Missing
    organization = application.organization or Namespace()
    return {
        "name": application.name,
        "clientId": application.client_id,
        "description": application.description,
        "url": application.application_uri,
        "avatar": avatar(application.name, "app", application.avatar_email),
        "organization": {
            "name": organization.name,
            "avatar": avatar_of(organization),
        },
    }


def _scopes(text: str) -> list[dict[str, Any]]:
    held = parse(text)
    return [
        {
            "scope": scope.value,
            "title": DESCRIPTIONS[scope],
            "description": DESCRIPTIONS[scope],
            "dangerous": scope in _DANGEROUS,
        }
        for scope in OAuthScope
        if scope in held
    ]
