"""App-specific tokens: a person's own, and a list of everybody's for the site."""

import uuid
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots import conf
from robots.api import queries
from robots.api.base import ApiViewSet, no_content
from robots.api.bodies import Body, Text
from robots.api.errors import Missing
from robots.api.formats import date
from robots.api.paging import searched_page
from robots.api.rules import (
    SITE_EVERYWHERE,
    USER_ADMIN,
    USER_ADMIN_FRESH,
    WHOLE_PERSON,
    Rule,
)
from robots.api.schema import SEARCHED_PAGE, query
from robots.errors import NotFound
from robots.lifecycle.app_tokens import (
    MAX_TITLE,
    create_app_token,
    expiring_until,
    read_app_token,
    revoke_app_token,
)
from robots.models import AppToken

_EXPIRING = query("expiring", bool, "Only tokens that expire soon.")


class AppTokenBody(Body):
    """What a new token is given."""

    title = Text(max_length=MAX_TITLE)


class AppTokenItem(serializers.Serializer[Any]):
    """A token in a list."""

    uuid = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    last_accessed = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    created = serializers.CharField(help_text="RFC 2822.")
    expiration = serializers.CharField(allow_null=True, help_text="RFC 2822.")


class AppTokenShown(AppTokenItem):
    """A token with its secret, where that is kept readable."""

    token_code = serializers.CharField(required=False)


class AppTokenReply(serializers.Serializer[Any]):
    """One token."""

    token = AppTokenShown()


class AppTokenList(serializers.Serializer[Any]):
    """Some tokens."""

    tokens = AppTokenItem(many=True)
    only_expiring = serializers.BooleanField(allow_null=True)
    next_page = serializers.CharField(required=False)


class _AppTokens(ApiViewSet):
    """What both views need: FEATURE_APP_SPECIFIC_TOKENS, and a list."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not conf.app_tokens_enabled():
            raise Missing

    def listed(self, request: Request, tokens: QuerySet[AppToken]) -> Response:
        """The tokens, or those among them that expire soon."""
        only_expiring = None
        if "expiring" in request.query_params:
            only_expiring = queries.flag(request, "expiring")
        if only_expiring:
            now = timezone.now()
            tokens = tokens.filter(
                expires_at__gt=now, expires_at__lte=expiring_until(now)
            )
        names = ["title", "user__username"]
        page = searched_page(tokens, request, names, "-created_at", "-id")
        shown = [_summary(token) for token in page.items]
        return Response(
            {"tokens": shown, "only_expiring": only_expiring, **page.rest()}
        )


class AppTokenViewSet(_AppTokens):
    """List, create, show and revoke one's own tokens."""

    access: ClassVar[dict[str, Rule]] = {
        "list": USER_ADMIN,
        # Such a token has no ceiling, so a token that has one must not get it.
        "create": WHOLE_PERSON,
        "retrieve": WHOLE_PERSON,
        "destroy": USER_ADMIN_FRESH,
    }

    @extend_schema(
        operation_id="listAppTokens",
        parameters=[_EXPIRING, *SEARCHED_PAGE],
        responses=AppTokenList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the caller's app-specific tokens, the newest first."""
        return self.listed(request, self._own())

    @extend_schema(
        operation_id="createAppToken",
        request=AppTokenBody,
        responses={200: AppTokenReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a token: under the user name `$app` it is a registry password."""
        title = self.body(AppTokenBody)["title"]
        made = create_app_token(self.caller.person, title, self.caller.performer)
        shown = {**_summary(made.token), "token_code": made.secret.reveal()}
        return Response({"token": shown})

    @extend_schema(operation_id="getAppToken", responses=AppTokenReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show a token again, with its secret."""
        token = self._token()
        shown = _summary(token)
        secret = read_app_token(token, self.caller.performer)
        if secret is not None:
            shown["token_code"] = secret.reveal()
        return Response({"token": shown})

    @extend_schema(operation_id="revokeAppToken", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Revoke a token: it stops working at once."""
        try:
            revoke_app_token(self._token(), self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()

    def _own(self) -> QuerySet[AppToken]:
        return AppToken.objects.filter(user_id=self.caller.person.pk)

    def _token(self) -> AppToken:
        """The caller's token that the path names; Missing if there is none."""
        try:
            named = uuid.UUID(self.kwargs["token_uuid"])
        except ValueError:
            raise Missing from None
        token = self._own().filter(uuid=named).first()
        if token is None:
            raise Missing
        return token


class SiteAppTokenViewSet(_AppTokens):
    """The tokens of everybody, without their secrets."""

    access: ClassVar[dict[str, Rule]] = {"list": SITE_EVERYWHERE}

    @extend_schema(
        operation_id="listAllAppTokens",
        parameters=[_EXPIRING, *SEARCHED_PAGE],
        responses=AppTokenList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the app-specific tokens of all people, the newest first."""
        return self.listed(request, AppToken.objects.all())


def _summary(token: AppToken) -> dict[str, Any]:
    return {
        "uuid": str(token.uuid),
        "title": token.title,
        "last_accessed": date(token.last_used_at),
        "created": date(token.created_at),
        "expiration": date(token.expires_at),
    }
