"""OAuth tokens made without a browser, and the end of any token.

The text of a token is at hand only while it is made: its checksum is what is kept.
"""

import secrets
import string
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import set_token_value

from quaysite.models import AccessToken, Application, RefreshToken, User
from robots import audit
from robots.audit import Performer
from robots.credentials import Secret
from robots.errors import DomainError, NotFound
from robots.oauth_scopes import OAuthScope

TOKEN_LENGTH = 40
"""Characters of an access token; they carry 238 bits."""

MAX_LIFETIME = timedelta(days=3652, hours=12)
"""Ten years, the longest that a token lasts (315576000 s, contract 0.2)."""

MAX_TOKENS = 1000
"""Tokens that people made through the API, of one application."""

_ALPHABET = string.ascii_letters + string.digits
_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


def token_text() -> str:
    """A new token: letters of both cases and digits, at least one of each kind."""
    while True:
        text = "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH))
        if all(any(c in kind for c in text) for kind in _KINDS):
            return text


def scope_text(scopes: frozenset[OAuthScope]) -> str:
    """The scopes as a token keeps them: each once, in the order of their list."""
    return " ".join(scope for scope in OAuthScope if scope in scopes)


def new_token(
    user: User,
    application: Application,
    scopes: frozenset[OAuthScope],
    lifetime: timedelta,
    *,
    created_by: User | None = None,
    name: str = "",
) -> tuple[AccessToken, Secret]:
    """Store a token that acts for `user` at most as `scopes` allow; not audited."""
    text = token_text()
    token = AccessToken(
        user=user,
        application=application,
        scope=scope_text(scopes),
        expires=timezone.now() + lifetime,
        created_by=created_by,
        name=name,
    )
    set_token_value(token, text)
    token.save()
    return token, Secret(text)


def create_api_token(
    user: User,
    application: Application,
    scopes: frozenset[OAuthScope],
    lifetime: timedelta,
    by: Performer,
    *,
    name: str = "",
) -> tuple[AccessToken, Secret]:
    """A token that `user` makes for himself through the API of `application`.

    Raises NotFound if the application is gone, DomainError if it has MAX_TOKENS.
    """
    with transaction.atomic():
        rows = Application.objects.select_for_update().filter(pk=application.pk)
        if rows.first() is None:
            raise NotFound("The application was deleted")
        made = AccessToken.objects.filter(application=application).exclude(name="")
        if made.filter(expires__gt=timezone.now()).count() >= MAX_TOKENS:
            raise DomainError(f"An application has at most {MAX_TOKENS} tokens")
        token, secret = new_token(
            user, application, scopes, lifetime, created_by=user, name=name
        )
        _record("create_oauth_api_token", by, token)
    return token, secret


def revoke_token(token: AccessToken, by: Performer) -> bool:
    """End a token at once, with what would renew it; False if it had ended already."""
    with transaction.atomic():
        renewing = RefreshToken.objects.filter(access_token=token, revoked=None)
        renewing.update(revoked=timezone.now())
        deleted, _ = AccessToken.objects.filter(pk=token.pk).delete()
        if deleted:
            _record("revoke_oauth_api_token", by, token)
    return bool(deleted)


def _record(kind: str, by: Performer, token: AccessToken) -> None:
    audit.record(kind, by, _organization(token), **_facts(token))


def _organization(token: AccessToken) -> Any:
    return token.application.organization if token.application else None


def _facts(token: AccessToken) -> dict[str, Any]:
    application = token.application
    return {
        "application_name": application.name if application else None,
        "client_id": application.client_id if application else None,
        "uuid": str(token.uuid),
        "name": token.name,
        "scope": token.scope,
    }
