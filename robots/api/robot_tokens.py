"""The tokens of a robot account: listed without secrets, added, retired.

A secret that was imported is told beside them: it is kept as a hash, and becomes a
token at its first login.
"""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api import queries
from robots.api.base import no_content
from robots.api.bodies import StrictBody, optional
from robots.api.errors import Missing
from robots.api.formats import date
from robots.api.moments import Moment
from robots.api.paging import page_of
from robots.api.robots import RobotScope
from robots.api.rules import ROBOT_ADMIN, ROBOT_AUDIT, Rule
from robots.api.schema import NEXT_PAGE, query
from robots.errors import NotFound
from robots.lifecycle.imported_secrets import revoke_imported_secret
from robots.lifecycle.tokens import add_token, retire_token
from robots.models import ImportedSecret, Robot, RobotToken

_PAGE = 100
"""Tokens of one answer: static ones are few, but jobs can leave many federated."""

_LIMIT = f"If specified, the number of tokens to return; {_PAGE} by default."


IMPORTED = "imported"
"""What stands for the number of a token where a secret is no token yet."""


class TokenBody(StrictBody):
    """How long a new token lives; for ever if nothing is said."""

    expires_at = Moment(required=False, allow_null=True)


class TokenReply(serializers.Serializer[Any]):
    """One token, without its secret."""

    id = serializers.IntegerField()
    origin = serializers.ChoiceField(["static", "federated"])
    created = serializers.CharField(help_text="RFC 2822.")
    expires = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    last_used = serializers.CharField(allow_null=True, help_text="RFC 2822.")


class NewTokenReply(TokenReply):
    """A token just made: the one time that its secret is shown."""

    token = serializers.CharField()


class ImportedSecretReply(serializers.Serializer[Any]):
    """A secret that was imported and has not logged in yet."""

    created = serializers.CharField(help_text="RFC 2822.")
    expires = serializers.CharField(allow_null=True, help_text="RFC 2822.")


class TokenList(serializers.Serializer[Any]):
    """Some tokens, the newest first, and where the next ones are."""

    tokens = TokenReply(many=True)
    imported_secret = ImportedSecretReply(allow_null=True)
    next_page = serializers.CharField(required=False)


class RobotTokenViewSet(RobotScope):
    """More than one token, so that one can be replaced without a gap."""

    access: ClassVar[dict[str, Rule]] = {
        "list": ROBOT_AUDIT,
        "create": ROBOT_ADMIN,
        "destroy": ROBOT_ADMIN,
    }

    @extend_schema(
        operation_id="getOrgRobotTokens",
        parameters=[query("limit", int, _LIMIT), NEXT_PAGE],
        responses=TokenList,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the robot's tokens, those that have ended too; never the secrets."""
        limit = queries.positive(request, "limit", _LIMIT) or _PAGE
        robot = self.robot()
        tokens = RobotToken.objects.filter(robot=robot)
        page = page_of(tokens, request, limit, "-id")
        shown = [token_view(token) for token in page.items]
        imported = _imported_view(robot)
        return Response({"tokens": shown, "imported_secret": imported, **page.rest()})

    @extend_schema(
        operation_id="createOrgRobotToken",
        request=TokenBody,
        responses={201: NewTokenReply},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add a static token beside the others; its secret is never shown again."""
        body = optional(TokenBody, request)
        token, secret = add_token(
            self.robot(), self.caller.performer, body.get("expires_at")
        )
        return Response({**token_view(token), "token": secret.reveal()}, status=201)

    @extend_schema(operation_id="deleteOrgRobotToken", responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Retire one token, which stops working at once; it may be the last one.

        `imported` in place of a number is the secret that was imported.
        """
        token_id = self.kwargs["token_id"]
        robot = self.robot()
        if token_id == IMPORTED:
            return self._revoke_imported(robot)
        if not (token_id.isascii() and token_id.isdigit() and len(token_id) < 19):
            raise Missing
        try:
            retire_token(robot, int(token_id), self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()

    def _revoke_imported(self, robot: Robot) -> HttpResponse:
        try:
            revoke_imported_secret(robot, self.caller.performer)
        except NotFound:
            raise Missing from None
        return no_content()


def _imported_view(robot: Robot) -> dict[str, Any] | None:
    held = ImportedSecret.objects.filter(robot=robot).first()
    if held is None:
        return None
    return {"created": date(held.created_at), "expires": date(held.expires_at)}


def token_view(token: RobotToken) -> dict[str, Any]:
    """One token, without its secret."""
    return {
        "id": token.pk,
        "origin": token.origin,
        "created": date(token.created_at),
        "expires": date(token.expires_at),
        "last_used": date(token.last_used_at),
    }
