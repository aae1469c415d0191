"""What oauthlib asks about applications, codes and tokens, answered strictly.

django-oauth-toolkit's answers, except that a code is kept as a digest and is used up
in the transaction that stores its tokens, that nobody who is disabled gets or renews
a token, and that a PKCE downgrade is noticed (RFC 9700 section 4.8).
"""

import hashlib
from typing import Any

from django.conf import settings
from django.db.models import Q
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import get_scopes_backend
from oauthlib.oauth2.rfc6749 import errors

from quaysite.lifecycle.oauth_tokens import revoke_token
from quaysite.models import AccessToken, Application, Grant, RefreshToken
from robots.audit import Performer
from robots.conf import site_url
from robots.text import is_storable

LOCAL_APP = "/oauth/localapp"
"""Our own page that shows its reader a token; only tokens are sent there."""

_GRANT_TYPES = ("authorization_code", "refresh_token")

MAX_NAME = 255
"""Characters of a performer's name."""


def digest(text: str) -> str:
    """What a code or token is looked up by; both carry more than 200 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Validator(OAuth2Validator):
    """Whether what a request names exists, belongs together, and may be had."""

    def _load_application(self, client_id: Any, request: Any) -> Application | None:
        if not client_id or not is_storable(client_id):
            request.client = None
            return None
        found: Application | None = super()._load_application(client_id, request)
        return found

    def _extract_basic_auth(self, request: Any) -> str | None:
        shown = super()._extract_basic_auth(request)
        return shown if shown and shown.isascii() else None

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return bool(provided_secret) and super()._check_secret(
            provided_secret, stored_secret
        )

    def validate_grant_type(
        self,
        client_id: Any,
        grant_type: str,
        client: Application,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return grant_type in _GRANT_TYPES and client.allows_grant_type(
            Application.GRANT_AUTHORIZATION_CODE
        )

    def validate_response_type(
        self,
        client_id: Any,
        response_type: str,
        client: Application,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        if response_type == "token":
            return bool(settings.OAUTH_IMPLICIT_FLOW)
        return response_type == "code" and client.allows_grant_type(
            Application.GRANT_AUTHORIZATION_CODE
        )

    def validate_redirect_uri(
        self, client_id: Any, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        local = site_url() + LOCAL_APP
        if request.response_type == "token" and redirect_uri == local:
            return True
        return bool(request.client.redirect_uri_allowed(redirect_uri))

    def validate_scopes(
        self,
        client_id: Any,
        scopes: list[str],
        client: Any,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        known = get_scopes_backend().get_available_scopes()
        return bool(scopes) and set(scopes) <= set(known)

    def is_pkce_required(self, client_id: Any, request: Any) -> bool:
        return bool(request.client.client_type == Application.CLIENT_PUBLIC)

    def validate_code(
        self, client_id: Any, code: str, client: Any, request: Any, *_: Any, **__: Any
    ) -> bool:
        """Whether the code is good; `request.grant` is its row from then on."""
        grants = Grant.objects.select_related("user")
        grant = grants.filter(code=digest(code), application=client).first()
        if grant is None or grant.is_expired() or not grant.user.is_active:
            return False
        request.grant = grant
        request.user = grant.user
        request.scopes = grant.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        challenge = request.grant.code_challenge or None
        if challenge is None and request.code_verifier:
            raise errors.InvalidGrantError(request=request)
        return challenge

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        return request.grant.code_challenge_method or None

    def confirm_redirect_uri(
        self,
        client_id: Any,
        code: str,
        redirect_uri: str,
        client: Any,
        request: Any,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return bool(request.grant.redirect_uri_allowed(redirect_uri))

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        valid = super().validate_refresh_token(refresh_token, client, request)
        return bool(valid and request.user.is_active)

    def _save_bearer_token(self, token: Any, request: Any, *_: Any, **__: Any) -> None:
        """Store the tokens, and use up what they are given for, in one transaction."""
        if request.grant_type == "authorization_code":
            used, _counts = Grant.objects.filter(pk=request.grant.pk).delete()
        else:
            rows = RefreshToken.objects.select_for_update()  # count() would not lock.
            old = rows.filter(pk=request.refresh_token_instance.pk, revoked=None)
            used = len(old)
        if not used:
            raise errors.InvalidGrantError(request=request)
        super()._save_bearer_token(token, request)

    def invalidate_authorization_code(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do: see `_save_bearer_token`."""

    def revoke_token(
        self, token: str, token_type_hint: Any, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """End an access token, or the one that a refresh token belongs to, for good."""
        checksum = digest(token)
        renewing = Q(
            refresh_token__token_checksum=checksum, refresh_token__revoked=None
        )
        found = AccessToken.objects.filter(
            Q(token_checksum=checksum) | renewing, application=request.client
        )
        by = Performer("application", str(request.client)[:MAX_NAME])
        for one in found.select_related("application__organization"):
            revoke_token(one, by)
