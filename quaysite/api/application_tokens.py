"""Tokens that administrators of an organization make for themselves (contract M6)."""

import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from quaysite.api.applications import ApplicationScope
from quaysite.lifecycle.oauth_tokens import (
    MAX_LIFETIME,
    create_api_token,
    revoke_token,
)
from quaysite.models import AccessToken, Application, User
from robots.api.base import no_content
from robots.api.bodies import Body, Text
from robots.api.errors import DataModelError, Forbidden, Missing
from robots.api.paging import searched_page
from robots.api.rules import (
    NAMESPACE_ADMIN,
    NAMESPACE_ADMIN_FRESH,
    NAMESPACE_AUDIT,
    Rule,
)
from robots.api.schema import SEARCHED_PAGE
from robots.errors import DomainError, NotFound
from robots.identity import Ceiling, Identity
from robots.oauth_scopes import OAuthScope, ceiling, parse

PAGE = 50
"""Tokens on one page."""

_MAX_NAME = 255


class Seconds(serializers.FloatField):
    """A JSON number, of any size: what is too long is cut later."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError(f"{data!r} is not of type 'number'")
        return data


class ApplicationTokenBody(Body):
    """What a new token may do, and how long."""

    name = Text(max_length=_MAX_NAME)
    scope = Text(help_text="Scopes, separated by spaces or commas.")
    expiration = Seconds(
        required=False,
        min_value=1,
        help_text="Seconds; at most and by default 10 years.",
    )


class ApplicationTokenItem(serializers.Serializer[Any]):
    """A token, without its secret."""

    uuid = serializers.CharField()
    name = serializers.CharField()
    scope = serializers.CharField()
    expires_at = serializers.CharField(help_text="ISO 8601.")
    created = serializers.CharField(help_text="ISO 8601.")
    created_by = serializers.CharField(allow_null=True, help_text="A user name.")
    last_accessed = serializers.CharField(allow_null=True, help_text="ISO 8601.")


class NewApplicationToken(ApplicationTokenItem):
    """A token just made: its secret is shown this once."""

    token = serializers.CharField()


class ApplicationTokenList(serializers.Serializer[Any]):
    """Some tokens, and where the next ones are."""

    tokens = ApplicationTokenItem(many=True)
    next_page = serializers.CharField(required=False)


class ApplicationTokenViewSet(ApplicationScope):
    """List, create and revoke tokens of one application that were made here."""

    access: ClassVar[dict[str, Rule]] = {
        "list": NAMESPACE_AUDIT,
        "create": NAMESPACE_ADMIN_FRESH,
        "destroy": NAMESPACE_ADMIN,
    }

    @extend_schema(
        operation_id="getOrganizationApplicationTokens",
        parameters=SEARCHED_PAGE,
        responses=ApplicationTokenList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the tokens, the oldest first; 50 on a page."""
        tokens = _made_here(self.application()).select_related("created_by")
        page = searched_page(tokens, request, ["name"], "id", size=PAGE)
        return Response(
            {"tokens": [_shown(token) for token in page.items], **page.rest()}
        )

    @extend_schema(
        operation_id="createOrganizationApplicationToken",
        request=ApplicationTokenBody,
        responses={200: NewApplicationToken},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a token that acts for the caller, at most as its scopes allow."""
        application = self.application()
        body = self.body(ApplicationTokenBody)
        name = body["name"].strip()
        if not name:
            raise DataModelError("'name' must not be empty")
        scopes = self._scopes(body["scope"])
        by = self.caller.performer
        try:
            token, secret = create_api_token(
                self._person, application, scopes, _lifetime(body), by, name=name
            )
        except NotFound:
            raise Missing from None
        except DomainError as error:
            raise DataModelError(error.message) from None
        return Response({**_shown(token), "token": secret.reveal()})

    @extend_schema(
        operation_id="deleteOrganizationApplicationToken", responses={204: None}
    )
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Revoke a token: it stops working at once."""
        tokens = _made_here(self.application())
        token = tokens.filter(uuid=uuid_of(self.kwargs["token_uuid"])).first()
        if token is None or not revoke_token(token, self.caller.performer):
            raise Missing
        return no_content()

    @property
    def _person(self) -> User:
        person = self.caller.person
        if not isinstance(person, User):
            raise TypeError("only people of this site call its API")
        return person

    def _scopes(self, text: str) -> frozenset[OAuthScope]:
        """The scopes asked for. Raises Forbidden for what the caller has not."""
        scopes = parse(text)
        if not scopes:
            raise DataModelError(f"Invalid scope: {text}")
        if not _may_give(self.caller.identity, scopes):
            raise Forbidden
        return scopes


def uuid_of(text: str) -> uuid.UUID:
    """The UUID that a path holds; Missing for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Missing from None


def _made_here(application: Application) -> QuerySet[AccessToken]:
    """Without those that people granted: they concern nobody else, and have no name."""
    tokens: QuerySet[AccessToken] = AccessToken.objects.filter(application=application)
    return tokens.exclude(name="").select_related("application__organization")


def _may_give(identity: Identity, scopes: frozenset[OAuthScope]) -> bool:
    """Whether a token with `scopes` does nothing that the caller may not.

    What a session's person may do shows when the token is used; the site's powers
    alone are refused here, to who does not have them.
    """
    if OAuthScope.SUPER_USER in scopes and not identity.is_site_admin:
        return False
    return identity.ceiling is None or _is_within(ceiling(scopes), identity.ceiling)


def _is_within(wanted: Ceiling, held: Ceiling) -> bool:
    return (
        (wanted.repository or 0) <= (held.repository or 0)
        and (wanted.namespace or 0) <= (held.namespace or 0)
        and (wanted.user or 0) <= (held.user or 0)
        and wanted.site <= held.site
    )


def _lifetime(body: dict[str, Any]) -> timedelta:
    longest = MAX_LIFETIME.total_seconds()
    seconds = min(body.get("expiration", longest), longest)
    return timedelta(seconds=math.floor(seconds))


def _shown(token: AccessToken) -> dict[str, Any]:
    return {
        "uuid": str(token.uuid),
        "name": token.name,
        "scope": token.scope,
        "expires_at": _moment(token.expires),
        "created": _moment(token.created),
        "created_by": token.created_by.username if token.created_by else None,
        "last_accessed": _moment(token.last_used_at),
    }


def _moment(moment: datetime | None) -> str | None:
    """ISO 8601 with microseconds, always six digits of them, and `Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
