"""An OAuth access token to its person, cut to its scopes. One query.

The models are django-oauth-toolkit's, or what the site has put in their place.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from oauth2_provider.models import get_access_token_model

from registryauth.errors import Cause, Unauthorized, WrongSecret
from robots import oauth_scopes
from robots.credentials import Secret
from robots.identity import Ceiling, Identity, Method
from robots.people import identity_of_person
from robots.usage import usage

USERNAME = "$oauthtoken"
"""The user name under which a token is a registry client's password."""

_WRONG = "OAuth access token could not be validated"
_EXPIRED = "OAuth access token has expired"
_DISABLED = "Granter of the oauth access token is disabled"


@dataclass(frozen=True, slots=True)
class OAuthToken:
    """A valid token: whose it is, what it allows at most, what the audit says of it."""

    user: AbstractBaseUser
    ceiling: Ceiling
    expires_at: datetime
    facts: Mapping[str, Any]


def authenticate_oauth_token(secret: Secret, now: datetime) -> OAuthToken:
    """The token that `secret` is. Raises Unauthorized."""
    checksum = hashlib.sha256(secret.reveal().encode("utf-8", "surrogatepass"))
    tokens = get_access_token_model().objects.select_related("user", "application")
    row = tokens.filter(token_checksum=checksum.hexdigest()).first()
    if row is None or row.user is None:
        raise WrongSecret(_WRONG, reason="no token has that checksum")
    if row.expires <= now:
        raise Unauthorized(_EXPIRED, cause=Cause.EXPIRED)
    if not row.user.is_active:
        raise Unauthorized(_DISABLED, cause=Cause.DISABLED)
    _note_use(row, now)
    ceiling = oauth_scopes.ceiling(oauth_scopes.parse(row.scope))
    return OAuthToken(row.user, ceiling, row.expires, _facts(row))


def authenticate_oauth_login(secret: Secret, now: datetime) -> Identity:
    """The identity of a registry client that shows a token. Raises Unauthorized."""
    token = authenticate_oauth_token(secret, now)
    identity = identity_of_person(token.user, Method.OAUTH_TOKEN, token.ceiling)
    return identity._replace(credential_expires_at=token.expires_at)


def _facts(row: Any) -> dict[str, Any]:
    application = row.application
    return {
        "oauth_token_id": row.pk,
        "oauth_token_application_id": application.client_id if application else None,
        "oauth_token_application": application.name if application else None,
    }


def _note_use(row: Any, now: datetime) -> None:
    """Only where the model keeps it; written with the other last uses."""
    if hasattr(row, "last_used_at"):
        usage.note_row(type(row), row.pk, now)
